"""`sojourn journey diff|publish|migrate`: what differs between versions, which one is live, who moves to it."""

import asyncio
import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.connection import Token
from starter.cli.failures import CommandFailed
from starter.cli.invocation import open_store, settings_of
from starter.cli.known import published_content, read_known
from starter.cli.proposing import propose, requester, tell_proposed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from journeys.difference import Difference
    from journeys.model import Journey
    from journeys.steps import Step
    from settings import Settings
    from starter.runs.moving import Outlook
    from store.tables import Change

_REFERENCE = "NAME for what the files say, NAME@VERSION for what was published, or a journey file."


def diff(
    context: typer.Context,
    old: Annotated[str, typer.Argument(help=_REFERENCE, metavar="OLD")],
    new: Annotated[str, typer.Argument(help="The same, for what to compare with.", metavar="NEW")],
) -> None:
    """Show what differs between two versions: the steps by id, and the whole as text."""
    from journeys.difference import as_diff, compare

    known = asyncio.run(read_known(settings_of(context)))
    before, after = known.find(old), known.find(new)
    typer.echo(f"{before.journey}@{before.version} -> {after.journey}@{after.version}")
    difference = compare(before, after)
    if not difference:
        typer.echo("  nothing differs")
        return
    for line in _told(difference):
        typer.echo(f"  {line}")
    typer.echo(f"\n{as_diff(before, after)}", nl=False)


def publish(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A journey file of the project.", metavar="PATH")],
    by: Annotated[str, typer.Option("--by", help="Who publishes it. Default: you.")] = "",
    token: Token = "",
) -> None:
    """Make a journey file the version that new runs get. Runs under way keep theirs; see 'migrate'.

    What touches price, compliance or autonomy is proposed instead where 'review' in sojourn.yaml names a group
    for it: in the name of whoever has the token, who decides nothing about it. See 'sojourn change'. What would
    change the arms of an experiment that runs is refused.
    """
    from journeys.loader import load_journey
    from starter.cli.checking import check_project
    from store.experiments import ChangesExperiment

    if not path.is_file():
        raise CommandFailed(f"There is no file at {path}; name a journey file, such as journeys/welcome.yaml.")
    settings = settings_of(context)
    problems = check_project(path, asyncio.run(published_content(settings))).problems
    if problems:
        raise CommandFailed("\n".join([*map(str, problems), "Nothing was published."]))
    journey = load_journey(path)
    try:
        change = asyncio.run(_publish_or_propose(settings, journey, by, token))
    except ChangesExperiment as error:
        raise CommandFailed(f"{error} Nothing was published.") from error
    if change is None:
        typer.echo(f"Live: {journey.journey}@{journey.version}.")
    else:
        tell_proposed(change)


def migrate(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The journey's name.", metavar="NAME")],
    to: Annotated[str, typer.Option("--to", help="The version to move to, as 'journey list' shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this it is only shown.")] = False,
) -> None:
    """Move waiting runs to a published version. Shows first what would happen; --yes does it."""
    asyncio.run(_migrate(settings_of(context), name, to, yes))


async def _publish_or_propose(settings: "Settings", journey: "Journey", by: str, token: str) -> "Change | None":
    """Put a version live, or have it reviewed; gives the change in that case."""
    from project import load_review
    from starter.changes.journeys import proposal_of, who_must_agree
    from store.versions import publish

    async with open_store(settings) as database:
        async with database.transaction() as session:
            areas = await who_must_agree(session, load_review(settings), journey)
            if not areas:
                await publish(session, journey, by or getpass.getuser(), datetime.now(UTC))
                return None
            person = requester(settings, token, areas)
            proposal = await proposal_of(session, journey, areas)
        return await propose(settings, database, proposal, person)


async def _migrate(settings: "Settings", name: str, to: str, yes: bool) -> None:
    from customer_keys import open_keys
    from starter.runs.moving import Mover
    from starter.temporal import connect
    from store.versions import open_runs_of

    known = await read_known(settings)
    journey = known.find(f"{name}@{to}")
    async with open_store(settings) as database, database.reading() as session:
        runs = [run for run in await open_runs_of(session, name) if run.version != to]
    if not runs:
        typer.echo(f"Nothing to move: every open run of '{name}' has version {to}.")
        return
    async with open_keys(settings) as keys:
        mover = Mover(await connect(settings, keys), journey)
        outlook = await mover.move(runs) if yes else await mover.look(runs)
    if moved := sum(one.moves for one in outlook) if yes else 0:
        await _keep(settings, name, to, moved)
    _tell(outlook, done=yes)


async def _keep(settings: "Settings", name: str, to: str, moved: int) -> None:
    """Write into the audit log who moved the runs."""
    from store.audit import record

    facts = {"what": "migrated", "to": to, "runs": moved}
    async with open_store(settings) as database, database.transaction() as session:
        record(session, "change", f"journey:{name}", getpass.getuser(), facts, at=datetime.now(UTC))


def _tell(outlook: "Sequence[Outlook]", *, done: bool) -> None:
    moving, staying = [one for one in outlook if one.moves], [one for one in outlook if not one.moves]
    typer.echo(f"{'Moved' if done else 'Would move'}: {len(moving)}")
    for one in moving:
        typer.echo(f"  {one.workflow_id}  at {one.said}")
    typer.echo(f"{'Left' if done else 'Would leave'}: {len(staying)}")
    for one in staying:
        typer.echo(f"  {one.workflow_id}  {one.said}")
    if moving and not done:
        typer.echo("Nothing was done yet. Say --yes to do it.")


def _told(difference: "Difference") -> list[str]:
    from journeys.wording import say_step

    def line(sign: str, step: "Step") -> str:
        return f"{sign} {step.id}: {say_step(step)}"

    lines = [line("+", step) for step in difference.added] + [line("-", step) for step in difference.removed]
    for before, after in difference.changed:
        was = say_step(before)
        lines.append(line("~", after) + (f" (was: {was})" if was != say_step(after) else ""))
    return [*lines, *(f"~ {key}" for key in difference.settings)]
