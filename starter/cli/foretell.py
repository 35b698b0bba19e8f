"""`sojourn policy explain`: what each policy would say now of one step's message to one customer, and why."""

import asyncio
import tempfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, open_store, settings_of
from starter.cli.output import moment, paragraph, print_json

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from activities.delivering.verdicts import Judged
    from journeys.model import Journey
    from journeys.steps import Send
    from settings import Settings
    from workflows.ports import Denied, Rejected


def explain(
    context: typer.Context,
    customer: Annotated[str, typer.Option(metavar="ID", help="A customer id: c_...")],
    journey: Annotated[str, typer.Option(metavar="NAME", help="Whose message it would be.")],
    step: Annotated[str, typer.Option(metavar="STEP", help="The step that sends it; with one it is that.")] = "",
    channel: Annotated[str, typer.Option(help="Only over this one. Default: each of the step.")] = "",
    output: Output = Format.text,
) -> None:
    """Say what each policy would say now of a message to a customer, and why. Nothing is sent.

    The message is made as if the customer's last event of the journey's kind had started it.
    """
    rows = asyncio.run(_explain(settings_of(context), customer, journey, step, channel))
    if output is Format.json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['journey']}/{row['step']} by {row['channel']}, now: {_say(row['verdict'])}")
        if row["clocks"]:
            typer.echo(paragraph(f"on the clocks of {', '.join(row['clocks'])}", "    ", "        "))
        for said in row["policies"]:
            words = f": {said['reason']}" if said["reason"] else ""
            line = f"{said['policy']} ({said['of']}): {_say(said)}{words}"
            typer.echo(paragraph(line, "    ", "        "))


async def _explain(
    settings: "Settings", customer: str, name: str, step_id: str, channel: str
) -> list[dict[str, Any]]:
    from activities.delivering.foretelling import NobodyThere
    from activities.following import Following
    from worker import load_parts, make_foretelling

    journey, now = _journey(settings, name), datetime.now(UTC)
    step = _step(journey, step_id)
    async with _vendors(settings), open_store(settings) as database:
        parts = load_parts(settings)
        await Following(database, parts.policies, parts.library).look()
        foretelling = make_foretelling(settings, database, parts)
        try:
            return [
                _row(journey, step, over, await foretelling.foretell(customer, journey, step, over, now))
                for over in ([channel] if channel else step.send)
            ]
        except NobodyThere as error:
            raise CommandFailed(
                f"There is no customer '{customer}'; 'sojourn customer list' finds ids."
            ) from error
        finally:
            await parts.close()


@asynccontextmanager
async def _vendors(settings: "Settings") -> "AsyncGenerator[None]":
    """The sandbox in the place of vendors without credentials: a message is made, though it goes nowhere."""
    from starter.local.environment import vendor_variables
    from starter.local.stack import vendors_sandbox

    with tempfile.TemporaryDirectory() as spare:
        aside = settings.model_copy(update={"state_dir": Path(spare)})
        async with vendors_sandbox(aside, 0) as sandbox:
            with vendor_variables(sandbox.environment(), keep_real=True):
                yield


def _journey(settings: "Settings", name: str) -> "Journey":
    from journeys.loader import load_journeys
    from yamlfile import nearest

    journeys = load_journeys(settings.project_dir / "journeys")
    if name not in journeys:
        fix = nearest(name, list(journeys)) or f"there are: {', '.join(sorted(journeys)) or 'none'}"
        raise CommandFailed(f"There is no journey '{name}' ({fix}).")
    return journeys[name]


def _step(journey: "Journey", step_id: str) -> "Send":
    """The step that is meant. Raises CommandFailed with those that there are."""
    from journeys.steps import Send, walk

    sends = {step.id: step for step in walk(journey.steps) if isinstance(step, Send)}
    if not step_id and len(sends) == 1:
        return next(iter(sends.values()))
    if step_id not in sends:
        raise CommandFailed(f"Name a step that sends with --step; there are: {', '.join(sends) or 'none'}.")
    return sends[step_id]


def _row(journey: "Journey", step: "Send", channel: str, judged: "Judged | Denied | Rejected") -> dict[str, Any]:
    from activities.delivering.verdicts import Judged

    row: dict[str, Any] = {"journey": journey.journey, "step": step.id, "channel": channel}
    if not isinstance(judged, Judged):
        return row | {
            "verdict": {"verdict": judged.outcome, "reason": judged.reason},
            "clocks": [],
            "policies": [],
        }
    said = [
        {
            "policy": one.policy,
            "version": one.version,
            "of": of,
            "reason": "",
            **one.verdict.model_dump(mode="json"),
        }
        for one, of in zip(judged.ruling.findings, judged.sources, strict=True)
    ]
    clocks = [zone.key for zone in judged.facts.zones]
    return row | {"verdict": judged.ruling.verdict.model_dump(mode="json"), "clocks": clocks, "policies": said}


def _say(said: dict[str, Any]) -> str:
    """A verdict in words."""
    match said["verdict"]:
        case "allow":
            return "it may leave"
        case "hold":
            return f"it waits until {moment(datetime.fromisoformat(said['until']))} UTC"
        case "needs_approval":
            return f"a person of '{said['group']}' is asked"
        case "deny":
            return "it never leaves"
        case _:
            return f"there is no message to judge: {said['reason']}"
