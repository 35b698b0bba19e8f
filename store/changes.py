"""Changes under review: kept, found, and settled together with what they put live."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.audit import record
from store.going_live import MATTERS, NothingBefore
from store.paging import Page, read_page
from store.tables import Change, ChangeKind, ChangeState

_OVERTAKEN = "something else went live since it was proposed, so that its difference is another: propose it again"


class CannotRollBack(Exception):
    """A change cannot be taken back. The message says why."""


async def keep_change(session: AsyncSession, change: Change) -> None:
    """Keep a new proposal."""
    session.add(change)
    facts = {"what": "proposed", "change": change.id, "version": change.version, "areas": change.areas}
    if change.why:
        facts |= {"why": change.why}
    record(session, "change", f"{change.kind}:{change.subject}", change.author, facts, at=change.proposed_at)
    await session.flush()


async def find_change(session: AsyncSession, change_id: str) -> Change | None:
    """One change, whatever its state."""
    return await session.get(Change, change_id)


async def find_open(session: AsyncSession, kind: ChangeKind, subject: str, version: str) -> Change | None:
    """The proposal of exactly this version that is open."""
    query = select(Change).where(col(Change.kind) == kind, col(Change.subject) == subject)
    query = query.where(col(Change.version) == version, col(Change.state) == "open")
    return (await session.exec(query)).first()


async def open_changes(session: AsyncSession, change_ids: Collection[str]) -> list[Change]:
    """Those of some changes that are open."""
    query = select(Change).where(col(Change.id).in_(change_ids), col(Change.state) == "open")
    return list((await session.exec(query)).all())


async def list_changes(session: AsyncSession, state: ChangeState | None, number: int = 1) -> Page[Change]:
    """Changes in a state, or all, those proposed last first."""
    query = select(Change).order_by(col(Change.proposed_at).desc(), col(Change.id))
    return await read_page(session, query.where(col(Change.state) == state) if state else query, number)


async def settle_change(
    session: AsyncSession, change_id: str, state: ChangeState, by: Sequence[str], reason: str, at: datetime
) -> bool:
    """Write how a review ended; what was approved is live from here on, as long as what it replaces still is. One
    that is settled stays as it is, and this gives False."""
    change = await session.get(Change, change_id, with_for_update=True)
    if change is None or change.state != "open":
        return False
    matter = MATTERS[change.kind]
    if state == "approved" and await matter.live(session, change.subject) != change.was:
        state, reason = "expired", _OVERTAKEN
    _settle(session, change, state, by, reason, at)
    if state == "approved":
        await matter.put_live(session, change, ", ".join(by), at)
    return True


async def roll_back(session: AsyncSession, change_id: str, by: str, at: datetime) -> Change:
    """Make live again what was so before a change. Raises CannotRollBack."""
    change = await session.get(Change, change_id, with_for_update=True)
    if change is None or change.state != "approved":
        raise CannotRollBack("Only a change that was approved can be taken back.")
    matter = MATTERS[change.kind]
    if await matter.live(session, change.subject) != change.version:
        raise CannotRollBack(f"{change.subject}@{change.version} is no longer live: a later version replaced it.")
    try:
        await matter.go_back(session, change, by, at)
    except NothingBefore as error:
        raise CannotRollBack(str(error)) from error
    _settle(session, change, "rolled_back", [by], "", at)
    return change


def _settle(
    session: AsyncSession, change: Change, state: ChangeState, by: Sequence[str], reason: str, at: datetime
) -> None:
    change.state, change.settled_by, change.settled_at, change.reason = state, list(by), at, reason
    session.add(change)
    facts = {"what": state, "change": change.id, "version": change.version, "reason": reason}
    record(session, "change", f"{change.kind}:{change.subject}", ", ".join(by) or "Sojourn", facts, at=at)
