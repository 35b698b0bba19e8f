"""What commands share that propose something to be reviewed: who asks for it, and what they are told."""

from typing import TYPE_CHECKING

import typer

from starter.cli.failures import CommandFailed
from starter.cli.output import paragraph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project.access import Person
    from settings import Settings
    from starter.changes.proposing import Proposal
    from store.database import Database
    from store.tables import Change


def requester(settings: "Settings", token: str, areas: "Mapping[str, str]") -> "Person":
    """Whose token it is: who asks for a change decides nothing about it, so it must be certain who does.

    Raises CommandFailed when nobody in `sojourn.yaml` has it, and yamlfile.FileProblems.
    """
    from project.model import read_project
    from starter.identity.people import person_with_token

    person = person_with_token(read_project(settings.project_dir), token) if token else None
    if person is None:
        raise CommandFailed(
            f"It touches {', '.join(areas)}, so {_groups(areas)} must agree, and nobody agrees to what they asked "
            "for. Name your token of the project's sojourn.yaml with --token or SOJOURN_TOKEN."
        )
    return person


async def propose(settings: "Settings", database: "Database", proposal: "Proposal", by: "Person") -> "Change":
    """Have something reviewed in a person's name."""
    from keys.customers import open_keys
    from keys.installation import installation_secret
    from starter.changes.proposing import propose as propose_to
    from starter.temporal import connect

    async with open_keys(settings) as keys:
        temporal = await connect(settings, keys)
        return await propose_to(database, temporal, settings, installation_secret(settings), proposal, by.email)


def tell_proposed(change: "Change") -> None:
    """Say that nothing is live yet, and what happens next."""
    said = f"Proposed: {change.id}. It touches {', '.join(change.areas)}; {_groups(change.areas)} must agree "
    typer.echo(paragraph(f"{said}before it is live."))
    typer.echo(f"  sojourn change show {change.id}")


def _groups(areas: "Mapping[str, str]") -> str:
    return ", ".join(sorted(set(areas.values())))
