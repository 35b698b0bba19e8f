"""`sojourn journey diff|migrate`: what differs between versions, and who moves to one."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.invocation import open_store, settings_of
from starter.cli.known import read_known
from starter.cli.noting import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from journeys.difference import Difference
    from journeys.steps import Step
    from settings import Settings
    from starter.runs.moving import Outlook

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


def migrate(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The journey's name.", metavar="NAME")],
    to: Annotated[str, typer.Option("--to", help="The version to move to, as 'journey list' shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this it is only shown.")] = False,
) -> None:
    """Move waiting runs to a published version. Shows first what would happen; --yes does it."""
    asyncio.run(_migrate(settings_of(context), name, to, yes))


async def _migrate(settings: "Settings", name: str, to: str, yes: bool) -> None:
    from keys.customers import open_keys
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
        async with open_store(settings) as database:
            await note(database, f"journey:{name}", "migrated", to=to, runs=moved)
    _tell(outlook, done=yes)


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
