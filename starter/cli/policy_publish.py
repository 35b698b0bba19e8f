"""`sojourn policy publish`: makes policies live without a restart, or proposes them to those who must agree."""

import asyncio
import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.connection import Token
from starter.cli.failures import CommandFailed
from starter.cli.invocation import open_store, settings_of
from starter.cli.proposing import propose, requester, tell_proposed
from starter.cli.rejudging import counted, rejudge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from settings import Settings
    from starter.changes.proposing import Proposal
    from store.database import Database
    from store.tables import Change


def publish(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Default: the project's own.")] = None,
    written_by: Annotated[
        str, typer.Option("--written-by", metavar="ADDRESS", help="Who wrote it, if not you: they decide nothing.")
    ] = "",
    days: Annotated[int, typer.Option(min=1, max=400, help="How many days back to preview.")] = 7,
    token: Token = "",
) -> None:
    """Make a policies.yaml the one that holds. Workers take it up within seconds, without a restart.

    What touches price, compliance or autonomy is proposed instead where 'review' in sojourn.yaml names a group
    for it: in the name of whoever has the token, who decides nothing about it, and with what it would have done
    in the last days. See 'sojourn change'.
    """
    from starter.cli.checking import check_policies

    settings = settings_of(context)
    chosen = file or settings.project_dir / "policies.yaml"
    if problems := check_policies(settings.project_dir, chosen):
        raise CommandFailed("\n".join([*map(str, problems), "Nothing was published."]))
    text = chosen.read_text(encoding="utf-8")
    live, change = asyncio.run(_publish_or_propose(settings, text, written_by, days, token))
    if change is None:
        typer.echo(f"Live: policies.yaml@{live}.")
    else:
        typer.echo(change.preview)
        tell_proposed(change)


async def _publish_or_propose(
    settings: "Settings", text: str, written_by: str, days: int, token: str
) -> "tuple[str, Change | None]":
    """Put policies live and give their version, or have them reviewed and give the change."""
    from project.model import load_review
    from starter.changes.policies import publish_policies, who_must_agree

    async with open_store(settings) as database:
        async with database.transaction() as session:
            areas = await who_must_agree(session, load_review(settings), text)
            if not areas:
                return await publish_policies(session, text, getpass.getuser()), None
        person = requester(settings, token, areas)
        proposal = await _proposal(database, text, areas, written_by, days)
        return proposal.version, await propose(settings, database, proposal, person)


async def _proposal(
    database: "Database", text: str, areas: "Mapping[str, str]", written_by: str, days: int
) -> "Proposal":
    from policies.registry import load_policies
    from starter.changes.policies import SUBJECT, proposal_of

    found = await rejudge(database, load_policies(Path(SUBJECT), text), days)
    preview = "\n".join(counted(found, days, "what is proposed"))
    async with database.reading() as session:
        return await proposal_of(session, text, dict(areas), written_by=written_by, preview=preview)
