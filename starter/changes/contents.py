"""A version of a content goes live at once, or waits for the groups that `review` in sojourn.yaml names."""

import difflib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from textwrap import indent

from sqlmodel.ext.asyncio.session import AsyncSession

from content.library import Entry, Library
from content.review import touches_by_change
from deciding.live_content import subject_of
from journeys.approvers import is_one_of
from journeys.review import Area
from project.access import Person, who_may
from project.model import Project
from starter.changes.proposing import Proposal
from starter.contents.previewing import preview_entry
from starter.contents.shelf import Shelf
from store.database import Database
from store.files import live_files, live_of_kind, lock_files, publish_files
from store.tables import Change

Propose = Callable[[Proposal], Awaitable[Change]]


class NotPublished(Exception):
    """Content may not be published as it is; the message says why and what to do."""


@dataclass(frozen=True)
class Outcome:
    """What became of a content that somebody wants to be live."""

    entry: Entry
    change: Change | None
    """Under which it is reviewed; None when it is live."""


async def bring_along(database: Database, library: Library) -> None:
    """Publish what the project says is approved and this installation has never published, so that its texts are
    kept from the start. Nothing that was published before changes by that."""
    async with database.transaction() as session:
        # Of several processes that start for the first time at once, one publishes.
        await lock_files(session, "content")
        known = await live_of_kind(session, "content")
        for entry in library.entries:
            if entry.given and entry.approved and subject_of(entry.place) not in known:
                await _publish(session, entry, entry.given.by, datetime.now(UTC))


def who_must_agree(review: Mapping[Area, str], entry: Entry) -> dict[str, str]:
    """The areas that a content touches against what is live, each with its group; none when it may go live."""
    return {area: review[area] for area in touches_by_change(entry.approved, entry.variant) if area in review}


async def publish_content(
    database: Database, shelf: Shelf, entries: Sequence[Entry], person: Person, propose: Propose
) -> list[Outcome]:
    """Make content live as its files are now, in a person's name, or propose it to those who must agree; what is
    live already is left out.

    Raises NotPublished, and then nothing of it is published; and what `propose` raises.
    """
    new, now = [entry for entry in entries if not is_live(entry)], datetime.now(UTC)
    if refused := why_not_publish(shelf, new, person, now):
        raise NotPublished("\n".join([*refused, "Nothing was published."]))
    review = shelf.project.review
    async with database.transaction() as session:
        direct = [entry for entry in new if not who_must_agree(review, entry)]
        for entry in direct:
            await _replace(session, entry, person.email, now)
    outcomes = [Outcome(entry, None) for entry in direct]
    for entry in new:
        if areas := who_must_agree(review, entry):
            proposal = await _proposal(database, shelf, entry, areas, now)
            outcomes.append(Outcome(entry, await propose(proposal)))
    return outcomes


def is_live(entry: Entry) -> bool:
    """Whether customers get a content exactly as its files are, or it is retired and they got nothing before."""
    if entry.approved is None:
        return entry.variant.front.status == "retired"
    return entry.approved.version == entry.variant.version


def why_not_publish(shelf: Shelf, entries: Sequence[Entry], person: Person, now: datetime) -> list[str]:
    """Why this person may neither publish nor propose content as it is now; empty when they may."""
    project = shelf.project
    if not project.may(person, "approvals:decide"):
        return [f"Approving is for {who_may('approvals:decide')}; {person.email} is neither."]
    return [why for entry in entries for why in _against(shelf, entry, person, now)]


def _against(shelf: Shelf, entry: Entry, person: Person, now: datetime) -> list[str]:
    front, file = entry.variant.front, entry.variant.file
    if front.status == "draft":
        return [f"{file}: {entry.standing.why}; write 'status: in_review' when it is ready."]
    # Whoever proposes decides nothing about it; what goes live at once has nobody else who looks at it.
    if not who_must_agree(shelf.project.review, entry) and (why := _alone(shelf.project, entry, person)):
        return [why]
    return [] if front.status == "retired" else [str(finding) for finding in shelf.findings(entry, now)]


def _alone(project: Project, entry: Entry, person: Person) -> str:
    """Why this person may not approve a content that nobody else must agree to; empty when they may."""
    if (group := project.content.approvers) and group not in person.groups:
        return f"Content is approved by the group '{group}'; {person.email} is not in it."
    if is_one_of(person.email, (entry.variant.front.author,)):
        return f"{entry.variant.file}: {person.email} wrote it; someone else approves it."
    return ""


async def _replace(session: AsyncSession, entry: Entry, by: str, now: datetime) -> None:
    """Publish what touches nothing against what was live when its files were read. Raises NotPublished."""
    subject = subject_of(entry.place)
    await lock_files(session, subject)
    live = await live_files(session, subject)
    if live and (entry.approved is None or live.version != entry.approved.version):
        raise NotPublished(f"Another version of {subject} went live just now. Look at it again.")
    await _publish(session, entry, by, now)


async def _publish(session: AsyncSession, entry: Entry, by: str, now: datetime) -> None:
    variant = entry.variant
    await publish_files(session, "content", subject_of(entry.place), variant.version, variant.texts, by, now)


async def _proposal(
    database: Database, shelf: Shelf, entry: Entry, areas: dict[str, str], now: datetime
) -> Proposal:
    subject = subject_of(entry.place)
    async with database.reading() as session:
        live = await live_files(session, subject)
    return Proposal(
        kind="content",
        subject=subject,
        version=entry.variant.version,
        was=live.version if live else "",
        definition=dict(entry.variant.texts),
        diff=as_diff(live.files if live else {}, entry.variant.texts),
        areas=areas,
        owner=entry.variant.front.author,
        preview=_both(shelf, entry, now),
    )


def as_diff(live: Mapping[str, str], texts: Mapping[str, str]) -> str:
    """What differs in each file, in the form of `diff -u`; a file that is new differs from an empty one."""
    return "".join(
        line
        for name in sorted({*live, *texts})
        for line in difflib.unified_diff(
            live.get(name, "").splitlines(keepends=True), texts.get(name, "").splitlines(keepends=True), name, name
        )
    )


def _both(shelf: Shelf, entry: Entry, now: datetime) -> str:
    """What someone made up gets now, and what they would get."""
    was = "Nothing leaves now.\n"
    if entry.leaves:
        was = f"What leaves now, for someone made up:\n{_told(shelf, replace(entry, variant=entry.leaves), now)}"
    return f"{was}\nWhat would leave:\n{_told(shelf, entry, now)}"


def _told(shelf: Shelf, entry: Entry, now: datetime) -> str:
    shown = preview_entry(shelf, entry, now)
    if shown.rendered is None:
        return f"  It cannot be made: {shown.problem}\n"
    said = {name: value for name, value in shown.rendered.fields.items() if value and name != "html"}
    return "".join(f"{indent(f'{name}: {value}', '  ')}\n" for name, value in said.items())
