"""The outbox: events that have yet to reach Temporal, and those that cannot."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from store.audit import record
from store.events import find_events
from store.paging import Page, read_page
from store.tables import EventRecord, OutboxEntry


async def due_entries(session: AsyncSession, now: datetime, but: Collection[str], limit: int) -> list[OutboxEntry]:
    """The next events to deliver, in order, without those of the customers in `but` and of customers
    one of whose events is to be tried again later: a customer's events never overtake each other."""
    waiting = select(OutboxEntry.customer_id).where(
        col(OutboxEntry.dead).is_(False), col(OutboxEntry.not_before) > now
    )
    query = (
        select(OutboxEntry)
        .where(
            col(OutboxEntry.dead).is_(False),
            col(OutboxEntry.customer_id).not_in(but),
            col(OutboxEntry.customer_id).not_in(waiting),
        )
        .order_by(col(OutboxEntry.seq))
        .limit(limit)
    )
    return list((await session.exec(query)).all())


async def waits_for_delivery(session: AsyncSession, customer_id: str) -> bool:
    """Whether an event of a customer has yet to reach Temporal."""
    query = select(OutboxEntry.seq).where(
        col(OutboxEntry.customer_id) == customer_id, col(OutboxEntry.dead).is_(False)
    )
    return (await session.exec(query.limit(1))).first() is not None


async def find_entry(session: AsyncSession, seq: int) -> OutboxEntry | None:
    """The place of an event in the outbox; None when it reached everything it concerns."""
    return await session.get(OutboxEntry, seq)


async def remove_entries(session: AsyncSession, numbers: Collection[int]) -> None:
    """These events reached every run they concern."""
    await session.exec(delete(OutboxEntry).where(col(OutboxEntry.seq).in_(numbers)))


async def postpone(session: AsyncSession, seq: int, error: str, until: datetime) -> None:
    """Try an event again, not before `until`."""
    await session.exec(
        update(OutboxEntry)
        .where(col(OutboxEntry.seq) == seq)
        .values(attempts=col(OutboxEntry.attempts) + 1, last_error=error, not_before=until)
    )


async def bury(session: AsyncSession, seq: int, error: str) -> None:
    """Put an event on the dead-letter list, with the reason why it cannot be delivered."""
    await session.exec(
        update(OutboxEntry)
        .where(col(OutboxEntry.seq) == seq)
        .values(dead=True, last_error=error, attempts=col(OutboxEntry.attempts) + 1, not_before=None)
    )


@dataclass(frozen=True)
class DeadLetter:
    """An event that could not be delivered. Times are in UTC."""

    event: str
    name: str
    customer_id: str
    received_at: datetime
    attempts: int
    reason: str


async def list_dead(session: AsyncSession, number: int = 1) -> Page[DeadLetter]:
    """The dead-letter list, oldest first."""
    query = select(OutboxEntry).where(col(OutboxEntry.dead).is_(True)).order_by(col(OutboxEntry.seq))
    page = await read_page(session, query, number)
    found = await find_events(session, [entry.seq for entry in page.rows])
    letters = [
        DeadLetter(event.id, event.name, event.customer_id, event.received_at, entry.attempts, entry.last_error)
        for entry, event in zip(page.rows, found, strict=True)
    ]
    return Page(letters, page.number, page.more)


async def count_dead(session: AsyncSession) -> int:
    """How many events are on the dead-letter list."""
    return (await session.exec(select(func.count()).where(col(OutboxEntry.dead).is_(True)))).one()


async def revive(session: AsyncSession, event_ids: Collection[str] | None, *, by: str, at: datetime) -> int:
    """Let a person try dead events again, by their ids or all of them, and give how many there were. They come
    after events that were delivered meanwhile: the order is lost for them."""
    statement = (
        update(OutboxEntry).where(col(OutboxEntry.dead).is_(True)).values(dead=False, attempts=0, not_before=None)
    )
    if event_ids is not None:
        chosen = select(EventRecord.seq).where(col(EventRecord.id).in_(event_ids))
        statement = statement.where(col(OutboxEntry.seq).in_(chosen))
    if count := (await session.exec(statement)).rowcount:
        record(session, "change", "events:dead", by, {"what": "tried again", "events": count}, at=at)
    return count


async def backlog(session: AsyncSession, at_most: int) -> int:
    """How many events wait for delivery, counted up to `at_most`."""
    waiting = select(OutboxEntry.seq).where(col(OutboxEntry.dead).is_(False)).limit(at_most).subquery()
    return (await session.exec(select(func.count()).select_from(waiting))).one()


async def waiting_since(session: AsyncSession) -> datetime | None:
    """When the oldest event that waits for delivery was accepted; None when none waits."""
    query = (
        select(EventRecord.received_at)
        .join(OutboxEntry, col(OutboxEntry.seq) == col(EventRecord.seq))
        .where(col(OutboxEntry.dead).is_(False))
        .order_by(col(OutboxEntry.seq))
        .limit(1)
    )
    return (await session.exec(query)).first()
