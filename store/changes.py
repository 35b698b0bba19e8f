"""Changes under review: kept, found, and settled together with what they put live."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.model import Journey
from store.audit import record
from store.experiments import stop_changed_arms
from store.paging import Page, read_page
from store.tables import Change, ChangeState
from store.versions import find_version, live_versions, publish


class CannotRollBack(Exception):
    """A change cannot be taken back. The message says why."""


async def keep_change(session: AsyncSession, change: Change) -> None:
    """Keep a new proposal."""
    session.add(change)
    facts = {"what": "proposed", "change": change.id, "version": change.version, "areas": change.areas}
    record(session, "change", f"journey:{change.journey}", change.author, facts, at=change.proposed_at)
    await session.flush()


async def find_change(session: AsyncSession, change_id: str) -> Change | None:
    """One change, whatever its state."""
    return await session.get(Change, change_id)


async def find_open(session: AsyncSession, journey: Journey) -> Change | None:
    """The proposal of exactly this version that is open."""
    query = select(Change).where(col(Change.journey) == journey.journey, col(Change.version) == journey.version)
    return (await session.exec(query.where(col(Change.state) == "open"))).first()


async def list_changes(session: AsyncSession, state: ChangeState | None, number: int = 1) -> Page[Change]:
    """Changes in a state, or all, those proposed last first."""
    query = select(Change).order_by(col(Change.proposed_at).desc(), col(Change.id))
    return await read_page(session, query.where(col(Change.state) == state) if state else query, number)


async def settle_change(
    session: AsyncSession, change_id: str, state: ChangeState, by: Sequence[str], reason: str, at: datetime
) -> None:
    """Write how a review ended; an approved version is live from here on. One that is settled stays as it is."""
    change = await session.get(Change, change_id, with_for_update=True)
    if change is None or change.state != "open":
        return
    _settle(session, change, state, by, reason, at)
    if state == "approved":
        await _publish(session, Journey.model_validate(change.definition), ", ".join(by), at)


async def roll_back(session: AsyncSession, change_id: str, by: str, at: datetime) -> Change:
    """Make live again what was so before a change. Raises CannotRollBack."""
    change = await session.get(Change, change_id, with_for_update=True)
    if change is None or change.state != "approved":
        raise CannotRollBack("Only a change that was approved can be taken back.")
    if (await live_versions(session)).get(change.journey) != change.version:
        raise CannotRollBack(f"{change.journey}@{change.version} is no longer live: a later version replaced it.")
    before = await find_version(session, change.journey, change.was)
    if before is None:
        raise CannotRollBack("There was no version before it. Pause or remove the journey instead.")
    await _publish(session, before, by, at)
    _settle(session, change, "rolled_back", [by], "", at)
    return change


async def _publish(session: AsyncSession, journey: Journey, by: str, at: datetime) -> None:
    """What people agreed to does not wait for an experiment: one whose arms it changes is stopped."""
    await stop_changed_arms(session, journey, by, at)
    await publish(session, journey, by, at)


def _settle(
    session: AsyncSession, change: Change, state: ChangeState, by: Sequence[str], reason: str, at: datetime
) -> None:
    change.state, change.settled_by, change.settled_at, change.reason = state, list(by), at, reason
    session.add(change)
    facts = {"what": state, "change": change.id, "version": change.version, "reason": reason}
    record(session, "change", f"journey:{change.journey}", ", ".join(by) or "Sojourn", facts, at=at)
