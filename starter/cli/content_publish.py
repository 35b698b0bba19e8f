"""`sojourn content publish|record`: makes content live or proposes it, and hands on what is approved."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.connection import Token
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, open_store, settings_of
from starter.cli.known import published_content
from starter.cli.output import print_listing
from starter.cli.proposing import propose

if TYPE_CHECKING:
    from content.approvals import Place, Published
    from project.access import Person
    from settings import Settings
    from starter.changes.contents import Outcome
    from starter.changes.proposing import Proposal
    from starter.contents.shelf import Shelf
    from store.tables import Change


def publish(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which content.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that is ready and not live yet.")] = False,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Approve content as its files are now, in your name: only what is approved leaves.

    Workers and the API take it up within seconds, without a restart; until then, and while later changes of the
    files are drafts, what was approved before leaves. What touches price or compliance is proposed instead where
    'review' in sojourn.yaml names a group for it: you then decide nothing about it. See 'sojourn change'.
    """
    if bool(names) == everything:
        raise CommandFailed("Name the content to publish, or say --all.")
    outcomes = asyncio.run(_publish(settings_of(context), names or [], token))
    rows = [_row(outcome) for outcome in outcomes]
    columns = {"CONTENT": "content", "CHANNEL": "channel", "STATE": "state", "CHANGE": "change"}
    print_listing(rows, columns, output, "All of it is live already.")
    if output is Format.text and any(outcome.change for outcome in outcomes):
        typer.echo("What is proposed is live once others agree: sojourn change show CHANGE")


def record(context: typer.Context) -> None:
    """Write what is approved here into content/approved.yaml, for new installations to begin with.

    Commit it with the content. What an installation has published itself is not changed by it, and what touches an
    area of 'review' is not approved by it. Only versions that the files still have are written.
    """
    from content.approvals import write_approvals

    shelf = asyncio.run(shelf_of(settings_of(context)))
    given = {
        entry.place: entry.given
        for entry in shelf.entries()
        if entry.given and entry.given.version == entry.variant.version
    }
    write_approvals(shelf.folder / "content", given)
    typer.echo(f"Written: {len(given)} of {len(shelf.entries())} approved, in content/approved.yaml.")


async def shelf_of(settings: "Settings") -> "Shelf":
    """The project's content, beside what is live of it. Raises as open_shelf does."""
    return open_shelf(settings.project_dir, await published_content(settings))


def open_shelf(folder: Path, published: "Mapping[Place, Published | None]") -> "Shelf":
    """A project's content. Raises yamlfile.FileProblems, or CommandFailed where there is no project."""
    from journeys.loader import load_journeys
    from starter.contents.shelf import Shelf

    if not (folder / "sojourn.yaml").is_file():
        raise CommandFailed(f"There is no project at {folder}: no sojourn.yaml there.")
    return Shelf.open(folder, published, load_journeys(folder / "journeys"))


async def _publish(settings: "Settings", names: list[str], token: str) -> "list[Outcome]":
    from starter.changes.contents import publish_content

    async with open_store(settings) as database:
        shelf = await shelf_of(settings)
        person = _person(shelf, token)

        async def ask(proposal: "Proposal") -> "Change":
            return await propose(settings, database, proposal, person)

        entries = [entry for name in names for entry in shelf.entries(name)]
        ready = [entry for entry in shelf.entries() if entry.variant.front.status != "draft"]
        return await publish_content(database, shelf, entries if names else ready, person, ask)


def _person(shelf: "Shelf", token: str) -> "Person":
    from starter.identity.people import person_with_token

    person = person_with_token(shelf.project, token) if token else None
    if person is None:
        raise CommandFailed("Name your token of the project's sojourn.yaml with --token or SOJOURN_TOKEN.")
    return person


def _row(outcome: "Outcome") -> dict[str, Any]:
    variant, change = outcome.entry.variant, outcome.change
    state = "live" if change is None else "proposed"
    return {
        "content": outcome.entry.name,
        "channel": variant.channel,
        "state": state,
        "change": change.id if change else "",
        "hash": variant.version,
    }
