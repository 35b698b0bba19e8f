"""`policies.yaml` goes live at once, or waits for the groups that `review` in sojourn.yaml names."""

import difflib
import hashlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.review import Area
from policies.registry import load_policies
from policies.review import touches
from starter.changes.proposing import Proposal
from store.database import Database
from store.files import live_files, lock_files, publish_files

SUBJECT = "policies.yaml"
BY_FOLDER = "the project's files"

_log = logging.getLogger(__name__)


async def live_text(session: AsyncSession) -> str | None:
    """The policies that are live, as they were written; None when none were ever published."""
    live = await live_files(session, SUBJECT)
    return live.files[SUBJECT] if live else None


async def who_must_agree(session: AsyncSession, review: Mapping[Area, str], text: str) -> dict[str, str]:
    """The areas that a text touches against what is live, each with its group; none when it may go live.

    The first of an installation may: without it there would be no policies at all. Raises
    yamlfile.FileProblems.
    """
    await lock_files(session, SUBJECT)
    live, new = await live_text(session), load_policies(Path(SUBJECT), text)
    if live is None or live == text:
        return {}
    return {area: review[area] for area in touches(load_policies(Path(SUBJECT), live), new) if area in review}


async def publish_policies(session: AsyncSession, text: str, by: str) -> str:
    """Make a text the policies that hold, and give its version."""
    await publish_files(session, "policies", SUBJECT, _version(text), {SUBJECT: text}, by, datetime.now(UTC))
    return _version(text)


async def publish_folder(database: Database, review: Mapping[Area, str], folder: Path) -> None:
    """Publish the folder's policies, but for what others must agree to first: then what is live stays so.

    Raises yamlfile.FileProblems.
    """
    text = (folder / SUBJECT).read_text(encoding="utf-8")
    async with database.transaction() as session:
        await lock_files(session, SUBJECT)
        if await live_text(session) == text:
            return
        areas = await who_must_agree(session, review, text)
        if not areas:
            await publish_policies(session, text, BY_FOLDER)
            return
    told = ", ".join(areas)
    _log.warning("policies.yaml is not live: it touches %s. 'sojourn policy publish' proposes it.", told)


async def proposal_of(
    session: AsyncSession, text: str, areas: dict[str, str], *, written_by: str = "", preview: str = ""
) -> Proposal:
    """Policies as they are proposed, against those that are live. `preview` says what they would have done."""
    live = await live_text(session) or ""
    return Proposal(
        kind="policies",
        subject=SUBJECT,
        version=_version(text),
        was=_version(live),
        definition={SUBJECT: text},
        diff=as_diff(live, text),
        areas=areas,
        owner=written_by,
        preview=preview,
    )


def as_diff(live: str, text: str) -> str:
    """What differs, in the form of `diff -u`; empty when nothing does."""
    was, is_ = live.splitlines(keepends=True), text.splitlines(keepends=True)
    return "".join(difflib.unified_diff(was, is_, f"{SUBJECT}@{_version(live)}", f"{SUBJECT}@{_version(text)}"))


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
