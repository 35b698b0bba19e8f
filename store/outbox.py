"""The outbox: events that have yet to reach Temporal, and those that cannot."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

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


async def list_dead(session: AsyncSession, limit: int = 100) -> list[OutboxEntry]:
    """The dead-letter list, oldest first."""
    query = select(OutboxEntry).where(col(OutboxEntry.dead).is_(True)).order_by(col(OutboxEntry.seq)).limit(limit)
    return list((await session.exec(query)).all())


async def revive(session: AsyncSession, numbers: Collection[int]) -> int:
    """Try dead events again, and give how many there were. They come after events that were delivered
    meanwhile: the order is lost for them."""
    statement = (
        update(OutboxEntry)
        .where(col(OutboxEntry.seq).in_(numbers), col(OutboxEntry.dead).is_(True))
        .values(dead=False, attempts=0, not_before=None)
    )
    return (await session.exec(statement)).rowcount


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
