"""The commands that stay up: `worker`, `serve`, `dev`, and `demo`."""

import asyncio
import re
import signal
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, settings_of

if TYPE_CHECKING:
    from journeys.model import Journey
    from settings import Settings
    from starter.local.ports import Ports
    from starter.local.stack import LocalStack

_TERMINATED = 143
_INTRODUCTION = """\
Ten shoppers look at a product and leave. Mail after 30 minutes, a push 4
hours later, an offer by WhatsApp the next day, if a person agrees. Real
parts, made-up people: three days pass in about a minute.
"""
Port = Annotated[int, typer.Option(min=1, max=65535)]


def worker(context: typer.Context) -> None:
    """Run a worker: it takes journeys forward and sends."""
    settings = settings_of(context)
    _log_to_terminal()
    _run(_work(settings))


def serve(context: typer.Context) -> None:
    """Serve the API and the console."""
    settings = settings_of(context)
    _log_to_terminal()
    _run(_serve(settings))


def dev(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Of the API. Default: SOJOURN_PORT.")] = None,
    temporal_port: Port = 7233,
    temporal_ui_port: Port = 8233,
    mailbox_port: Port = 8025,
) -> None:
    """Run everything on this machine, for your project.

    Temporal, a worker, the API with the console, and a sandbox in the place of the vendors. State is kept in
    the folder .sojourn. A vendor whose environment variables are set is used for real.
    """
    settings = settings_of(context)
    from starter.local.ports import Ports

    ports = Ports(port or settings.port, temporal_port, temporal_ui_port, mailbox_port)
    _log_to_terminal()
    _run(_develop(settings, ports))


def demo(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="As fast as it goes, with a scripted approver; then end.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Which shoppers: another seed gives others.")] = 1,
    output: Output = Format.text,
) -> None:
    """Watch a journey run: three days in a minute."""
    if output is Format.json and not once:
        raise CommandFailed("The JSON summary comes at the end, so it needs --once as well.")
    if output is Format.text:
        typer.echo(_INTRODUCTION)
    from starter.demo.play import Demo

    as_expected = _run(Demo(seed=seed, once=once, as_json=output is Format.json).run())
    raise typer.Exit(0 if as_expected else 1)


async def _work(settings: "Settings") -> None:
    _need_project(settings)
    from keys.customers import open_keys
    from starter.temporal import connect
    from worker import running_worker

    async with open_keys(settings) as keys, running_worker(await connect(settings, keys), settings):
        typer.echo(
            f"Working on the task queue '{settings.task_queue}' at {settings.temporal_address}. Ctrl-C stops."
        )
        await asyncio.Event().wait()


async def _serve(settings: "Settings") -> None:
    _need_project(settings)
    from keys.customers import open_keys
    from starter.local.ports import listen
    from starter.serving import serving
    from starter.temporal import connect

    with listen(settings.host, settings.port) as listener:
        async with open_keys(settings) as keys, serving(settings, await connect(settings, keys), listener):
            typer.echo(f"Serving at {settings.public_url}. Ctrl-C stops.")
            await asyncio.Event().wait()


async def _develop(settings: "Settings", ports: "Ports") -> None:
    from project.model import read_project

    # The vendors' variables are set by the sandbox, once it is up.
    read_project(settings.project_dir)
    ports.check()
    typer.echo("Starting Temporal, a worker, the API and the vendors' sandbox ...")
    from starter.local.stack import LocalStack

    async with LocalStack.start(settings, ports, persistent=True, keep_real_vendors=True) as stack:
        typer.echo(_welcome(stack))
        await stack.server.ended()


def _need_project(settings: "Settings") -> None:
    """Before anything else that may be missing, and before what takes seconds to import."""
    from project.model import load_project

    load_project(settings)


def _welcome(stack: "LocalStack") -> str:
    from keys.installation import default_master_keys_file

    project, settings = stack.services.project, stack.settings
    authors = {journey.owner for journey in stack.services.journeys.values()}
    # Nobody approves what they wrote, so the token to try approvals with is someone else's.
    token = next((person.token for person in project.people if person.email not in authors), "<token>")
    lines = [
        f"{project.brand.name} is up. Ctrl-C stops everything.",
        "",
        f"  Console      {settings.public_url}",
        f"  Temporal UI  {settings.temporal_ui_url}",
        f"  Mailbox      {stack.mailbox_url}   (what the sandbox received)",
    ]
    if not settings.master_keys and not settings.master_keys_file:
        lines.append(f"  Master key   {default_master_keys_file(settings)}   (encrypts the runs: back it up)")
    if stack.real_vendors:
        lines.append(f"  For real     {', '.join(stack.real_vendors)}: messages over these leave this machine")
    return "\n".join(
        [
            *lines,
            "",
            "In another terminal:",
            f"  export SOJOURN_URL={settings.public_url}",
            f"  export SOJOURN_WRITE_KEY={project.write_keys[0].key} SOJOURN_TOKEN={token}",
            *event_to_try(stack.services.journeys.values()),
        ]
    )


def event_to_try(journeys: "Iterable[Journey]") -> list[str]:
    """The command, as a line, that sends an event with which one of the project's journeys starts; none where no
    journey starts with an event alone. What tells its runs apart is left for the reader to fill in."""
    plain = [journey for journey in journeys if journey.start.event and journey.start.where == "true"]
    for journey in sorted(plain, key=lambda journey: journey.journey):
        named = re.findall(r"\bevent\.(\w+)", journey.start.key)
        properties = "".join(f" --property {name}=..." for name in named)
        return [f"  sojourn event send '{journey.start.event}' --user anna{properties}"]
    return []


def _run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end, or until Ctrl-C or SIGTERM; either way everything is stopped in order."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(_stop_when_terminated(main))
    except asyncio.CancelledError:
        raise typer.Exit(_TERMINATED) from None


async def _stop_when_terminated(main: Coroutine[Any, Any, Any]) -> Any:
    task = asyncio.ensure_future(main)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _log_to_terminal() -> None:
    import logging

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
