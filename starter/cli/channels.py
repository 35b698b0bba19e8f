"""`sojourn channel`: over what a project sends, whether each way is open, and one message to try it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.alerts import PREFIX, alert_rows, alert_status, print_alert_status, try_alert
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, noun, open_store, settings_of
from starter.cli.output import moment, print_json, print_listing

if TYPE_CHECKING:
    from activities.channels.model import Provider
    from activities.channels.trial import Stage
    from project.model import Project
    from settings import Settings

app = noun(
    "channel",
    "The channels over which messages leave.",
    "Each has its provider, under channels in sojourn.yaml.",
)


@app.command("list")
def list_(
    context: typer.Context,
    known: Annotated[
        bool, typer.Option("--known", help="Every provider there is, with what it must be told.")
    ] = False,
    output: Output = Format.text,
) -> None:
    """List the project's channels, the provider of each, and by which address it reaches a customer.

    alerts:<audience> are the people of the project who are told of what concerns them.
    """
    if known:
        _list_known(output)
        return
    project, providers = _read(settings_of(context))
    rows = [
        {"channel": channel, "provider": provider.provider, "reaches_by": provider.address_kind}
        for channel, provider in providers.items()
    ]
    rows += alert_rows(project)
    columns = {"CHANNEL": "channel", "PROVIDER": "provider", "REACHES BY": "reaches_by"}
    print_listing(
        rows, columns, output, "This project has no channels. Name them in sojourn.yaml, under channels."
    )


@app.command()
def status(
    context: typer.Context,
    hours: Annotated[int, typer.Option(min=1, max=24 * 90, help="How far to look back.")] = 1,
    output: Output = Format.text,
) -> None:
    """Tell whether messages get through, and what became of those of the last hour.

    'paused' means that nothing is sent for now: the vendor asked for it, or
    nothing got through anyway. 'trying' means that the next message shows whether
    the others may follow. What waits meanwhile is sent afterwards. An alert has
    failed when one of the services it was for did not take it.
    """
    asyncio.run(_status(context, hours, output))


@app.command("test")
def try_(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(help="A channel of sojourn.yaml: email, push... or alerts:operators.")],
    to: Annotated[
        str, typer.Option(help="An address, phone number, device token or customer id. It really gets it.")
    ] = "",
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A field of the message: template=hello_world, language=en."),
    ] = None,
    output: Output = Format.text,
) -> None:
    """Send one message that says it is a test, and tell of each stage.

    It goes straight to the provider: no policy is asked, and it is not in the ledger.
    An alert goes to everyone whom alerts in sojourn.yaml names for the audience.
    Fails when the provider does not take it, and says what to do.
    """
    fields = dict(_read_field(text) for text in field or ())
    if is_alert := channel.startswith(PREFIX):
        if to or fields:
            raise CommandFailed("An alert goes to whom sojourn.yaml names: leave out --to and --field.")
    elif not to:
        raise CommandFailed(f"Say whom to send it: sojourn channel test {channel} --to <address>.")
    settings = settings_of(context)
    testing = _test_alert(settings, channel, output) if is_alert else _test(settings, channel, to, fields, output)
    stages = asyncio.run(testing)
    if output is Format.json:
        print_json({"channel": channel, "stages": stages})
    if not stages[-1]["ok"]:
        raise typer.Exit(1)


def _list_known(output: Format) -> None:
    from activities.channels.registry import known_providers

    rows = [
        {"channel": channel, "provider": name, "must_be_told": ", ".join(_required(kind))}
        for (channel, name), kind in sorted(known_providers().items())
    ]
    columns = {"CHANNEL": "channel", "PROVIDER": "provider", "MUST BE TOLD": "must_be_told"}
    print_listing(rows, columns, output, "There are no providers.")


def _required(kind: "type[Provider]") -> list[str]:
    return [name for name, field in kind.model_fields.items() if field.is_required()]


async def _status(context: typer.Context, hours: int, output: Format) -> None:
    from datetime import UTC, datetime, timedelta

    from activities.channels.traffic import GONE_AFTER
    from store.channels import count_by_channel, count_workers, list_pauses

    settings, now = settings_of(context), datetime.now(UTC)
    since = now - timedelta(hours=hours)
    project, providers = _read(settings)
    async with open_store(settings) as database:
        async with database.reading() as session:
            pauses = {pause.channel: pause for pause in await list_pauses(session)}
            workers = await count_workers(session, now - GONE_AFTER)
            counts = await count_by_channel(session, since)
        alerts = await alert_status(database, project, since)
    rows: list[dict[str, Any]] = []
    for channel in sorted({*providers, *counts}):
        pause, provider = pauses.get(channel), providers.get(channel)
        rows.append(
            {
                "channel": channel,
                "state": "open" if pause is None else "paused" if pause.until > now else "trying",
                "pause": pause.model_dump() if pause else None,
                "per_second": provider.per_second if provider else None,
                "workers": workers,
                "messages": counts.get(channel, {}),
            }
        )
    if output is Format.json:
        print_json([*rows, *alerts])
        return
    for row in rows:
        _print_status(row, hours)
    for row in alerts:
        print_alert_status(row, hours)


def _print_status(row: dict[str, Any], hours: int) -> None:
    counted = ", ".join(f"{count} {state}" for state, count in sorted(row["messages"].items()))
    typer.echo(f"{row['channel']}: {row['state']}; in {hours} h: {counted or 'nothing'}")
    if row["per_second"]:
        workers = f"{row['workers']} worker{'s' * (row['workers'] != 1)}"
        typer.echo(f"  at most {row['per_second']:g} a second, over {workers} together")
    if pause := row["pause"]:
        typer.echo(f"  until {moment(pause['until'])} UTC  {pause['code']}")
        typer.echo(f"  {pause['reason']}")
        if pause["setting"]:
            typer.echo("  what to do: mend the settings of this channel, or the account at the vendor")


async def _test(
    settings: "Settings", channel: str, to: str, fields: dict[str, str], output: Format
) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from activities.channels.trial import try_channel

    stages: list[dict[str, Any]] = []
    async with _opened(settings, channel) as provider:
        async for stage in try_channel(provider, to, fields):
            stages.append(asdict(stage))
            if output is Format.text:
                _print_stage(stage)
    if stages[-1]["ok"] and output is Format.text:
        typer.echo("What becomes of it the vendor tells to our webhook: 'sojourn webhook list'.")
    return stages


async def _test_alert(settings: "Settings", name: str, output: Format) -> list[dict[str, Any]]:
    from dataclasses import asdict

    stage = await try_alert(settings, name)
    if output is Format.text:
        _print_stage(stage)
    return [asdict(stage)]


def _print_stage(stage: "Stage") -> None:
    typer.echo(f"{'ok' if stage.ok else 'FAILED':<6}  {stage.stage:<7}  {stage.seconds:5.2f} s  {stage.detail}")
    if stage.do:
        typer.echo(f"        what to do: {stage.do}")


@asynccontextmanager
async def _opened(settings: "Settings", channel: str) -> "AsyncGenerator[Provider]":
    """The provider of a channel, with the store where it is one that keeps messages there."""
    from yamlfile import instead_of

    _, providers = _read(settings)
    if channel not in providers:
        fix = instead_of(channel, providers)
        raise CommandFailed(f"There is no channel '{channel}' in sojourn.yaml ({fix}).")
    provider = providers[channel]
    try:
        if provider.needs_store:
            async with open_store(settings) as database:
                yield provider.bind(database)
        else:
            yield provider
    finally:
        await provider.close()


def _read(settings: "Settings") -> "tuple[Project, dict[str, Provider]]":
    """The project and its providers. Raises yamlfile.FileProblems."""
    from activities.channels.registry import load_providers
    from project.model import load_project

    project = load_project(settings)
    return project, load_providers(project.channels, settings.project_dir / "sojourn.yaml")


def _read_field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise CommandFailed(f"'{text}' is no field; write one such as --field template=hello_world.")
    return name, value
