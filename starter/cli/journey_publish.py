"""`sojourn journey publish`: makes a version live, or proposes it with what speaks for its planners."""

import asyncio
import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.connection import Token
from starter.cli.failures import CommandFailed
from starter.cli.invocation import open_store, settings_of
from starter.cli.known import published_content
from starter.cli.proposing import propose, requester, tell_proposed

if TYPE_CHECKING:
    from journeys.model import Journey
    from settings import Settings
    from store.tables import Change


def publish(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A journey file of the project.", metavar="PATH")],
    by: Annotated[str, typer.Option("--by", help="Who publishes it. Default: you.")] = "",
    without_evidence: Annotated[
        str,
        typer.Option("--without-evidence", metavar="WHY", help="Let a planner take over on weak evidence."),
    ] = "",
    token: Token = "",
) -> None:
    """Make a journey file the version that new runs get. Runs under way keep theirs; see 'migrate'.

    What touches price, compliance or autonomy is proposed instead where 'review' in sojourn.yaml names a group
    for it: in the name of whoever has the token, who decides nothing about it. See 'sojourn change'. What would
    change the arms of an experiment that runs is refused.

    A planner that would take over from another is judged as by 'sojourn evaluate'. On weak evidence it is
    refused, unless you say why it should go without: the audit log keeps that, and whoever must agree reads it.
    """
    from starter.changes.evidence import WeakEvidence
    from store.experiments import ChangesExperiment

    settings = settings_of(context)
    journey = _checked(settings, path)
    try:
        evidence, change = asyncio.run(_publish_or_propose(settings, journey, by, token, without_evidence.strip()))
    except ChangesExperiment as error:
        raise CommandFailed(f"{error} Nothing was published.") from error
    except WeakEvidence as error:
        raise CommandFailed(f"{error}\nNothing was published.") from error
    if evidence:
        typer.echo(evidence)
    if change is None:
        typer.echo(f"Live: {journey.journey}@{journey.version}.")
        return
    tell_proposed(change)


def _checked(settings: "Settings", path: Path) -> "Journey":
    """The journey of a file. Raises CommandFailed for one with problems."""
    from journeys.loader import load_journey
    from starter.cli.checking import check_project

    if not path.is_file():
        raise CommandFailed(f"There is no file at {path}; name a journey file, such as journeys/welcome.yaml.")
    problems = check_project(path, asyncio.run(published_content(settings))).problems
    if problems:
        raise CommandFailed("\n".join([*map(str, problems), "Nothing was published."]))
    return load_journey(path)


async def _publish_or_propose(
    settings: "Settings", journey: "Journey", by: str, token: str, without_evidence: str
) -> "tuple[str, Change | None]":
    """Put a version live, or have it reviewed; gives what speaks for its planners, and the change if there is one.

    Raises WeakEvidence when that is little and nobody says why they should take over all the same.
    """
    from project.model import load_review
    from starter.changes.evidence import what_speaks_for
    from starter.changes.journeys import proposal_of, who_must_agree
    from store.versions import publish

    async with open_store(settings) as database:
        shown = await what_speaks_for(database, journey)
        why = shown.why(without_evidence)
        async with database.transaction() as session:
            areas = await who_must_agree(session, load_review(settings), journey)
            if not areas:
                await publish(session, journey, by or getpass.getuser(), datetime.now(UTC), why)
                return shown.text, None
        person = requester(settings, token, areas)
        async with database.reading() as session:
            proposal = await proposal_of(session, journey, areas, preview=shown.text, why=why)
        return shown.text, await propose(settings, database, proposal, person)
