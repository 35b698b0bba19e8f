"""`sojourn policy explain`: what each policy would say now of one message or business action, and why."""

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.failures import CommandFailed
from starter.cli.foretold import About, print_foretold, row_of, row_of_grant, row_of_none
from starter.cli.invocation import Format, Output, open_store, settings_of
from starter.cli.meant import journey_named, step_meant
from starter.cli.output import print_json

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from activities.delivering.standing import Foretold
    from journeys.model import Journey
    from journeys.steps import Act, Send
    from settings import Settings
    from store.database import Database
    from worker import Parts


@dataclass(frozen=True)
class _Asked:
    """What is to be explained."""

    customer: str
    channel: str
    said: Mapping[str, str]
    """What a business action is given, in the place of what its step says."""
    confidence: float | None
    now: datetime


def explain(
    context: typer.Context,
    customer: Annotated[str, typer.Option(metavar="ID", help="A customer id: c_...")],
    journey: Annotated[str, typer.Option(metavar="NAME", help="Whose message or business action it would be.")],
    step: Annotated[str, typer.Option(metavar="STEP", help="The step that does it; with one it is that.")] = "",
    channel: Annotated[str, typer.Option(help="Only over this one. Default: each of the step.")] = "",
    action: Annotated[
        str, typer.Option(metavar="TOOL", help="A business action, also one that no step of the journey does.")
    ] = "",
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="NAME=VALUE", help="What the tool is given, in place of what the step says."
        ),
    ] = None,
    confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="As if a planner had chosen it with this probability.")
    ] = None,
    output: Output = Format.text,
) -> None:
    """Say what each policy would say now of a message or a business action, and why.

    Nothing is sent, done or written. It is made as if the customer's last event of
    the journey's kind had started it, and judged as the real one would be.

    \b
    sojourn policy explain --customer c_1f --journey winback --step offer
    sojourn policy explain --customer c_1f --journey fees --action refund \\
      --with amount=80 --with order_id=o_1 --with currency=EUR
    """
    said = dict(map(_pair, given or ()))
    asked = _Asked(customer, channel, said, confidence, datetime.now(UTC))
    rows = asyncio.run(_explain(settings_of(context), journey, step, action, asked))
    if output is Format.json:
        print_json(rows)
    else:
        print_foretold(rows)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise CommandFailed(f"'{text}' gives nothing; write one such as --with amount=80.")
    return name, value


async def _explain(
    settings: "Settings", journey_name: str, step_id: str, action: str, asked: _Asked
) -> list[dict[str, Any]]:
    from activities.delivering.foretelling import NobodyThere
    from activities.following import Following
    from journeys.steps import Act
    from worker import load_parts

    journey = journey_named(settings, journey_name)
    step = step_meant(journey, step_id, action)
    async with _vendors(settings), open_store(settings) as database:
        parts = load_parts(settings)
        await Following(database, parts.policies, parts.library).look()
        try:
            if isinstance(step, Act):
                return [await _of_action(settings, database, parts, journey, step, asked)]
            return await _of_messages(settings, database, parts, journey, step, asked)
        except NobodyThere as error:
            told = f"There is no customer '{asked.customer}'; 'sojourn customer list' finds ids."
            raise CommandFailed(told) from error
        finally:
            await parts.close()


async def _of_messages(
    settings: "Settings", database: "Database", parts: "Parts", journey: "Journey", step: "Send", asked: _Asked
) -> list[dict[str, Any]]:
    from activities.delivering.standing import Foretold
    from worker import make_foretelling

    if asked.said:
        raise CommandFailed(f"The step '{step.id}' sends a message; --with is for business actions.")
    foretelling, rows = make_foretelling(settings, database, parts), list[dict[str, Any]]()
    for channel in [asked.channel] if asked.channel else step.send:
        told = await foretelling.foretell(asked.customer, journey, step, channel, asked.now, asked.confidence)
        about = About(journey.journey, step.id, channel)
        judged = isinstance(told, Foretold)
        rows.append(_row(about, told) if judged else row_of_none(about, told.outcome, told.reason))
    return rows


async def _of_action(
    settings: "Settings", database: "Database", parts: "Parts", journey: "Journey", step: "Act", asked: _Asked
) -> dict[str, Any]:
    from activities.asking.foretelling_actions import Misgiven
    from worker import make_foretelling_actions
    from yamlfile import instead_of

    if asked.channel:
        raise CommandFailed(f"'{step.act}' is a business action; --channel is for messages.")
    if step.act not in parts.tools:
        fix = instead_of(step.act, sorted(parts.tools))
        raise CommandFailed(f"sojourn.yaml sets up no tool '{step.act}' ({fix}).")
    foretelling = make_foretelling_actions(settings, database, parts)
    try:
        foretold, given = await foretelling.foretell(
            asked.customer, journey, step, asked.said, asked.now, asked.confidence
        )
    except Misgiven as error:
        takes = ", ".join(parts.tools[step.act].arguments.model_fields)
        told = f"{error}. Say it with --with NAME=VALUE; '{step.act}' takes {takes}."
        raise CommandFailed(told) from error
    about = About(journey.journey, step.id, tool=step.act, given=given)
    return _row(about, foretold)


def _row(about: About, foretold: "Foretold") -> dict[str, Any]:
    judged, standing = foretold.judged, foretold.standing
    clocks = () if about.tool else [zone.key for zone in judged.facts.zones]
    row = row_of(about, judged.ruling, judged.sources, clocks)
    return row | ({"grant": row_of_grant(standing.grant, standing.agreed.ruling)} if standing else {})


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
