"""What became of the events that came in, by day: the counts that tell whether sources are healthy."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, cast, get_args

from sqlalchemy import func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.outbox import backlog, count_dead, waiting_since
from store.tables import Customer, EventRecord, IntakeCount

Count = Literal["accepted", "duplicate", "late", "out_of_order", "refused", "held_back"]
"""`accepted` events are new; of them `late` ones came long after they happened, and `out_of_order` ones after a
later one of their customer. `duplicate` ones were accepted before, `refused` ones are no events, and `held_back`
counts requests that were asked to come back."""
_COUNTED = 1_000_000
COUNTS: tuple[Count, ...] = get_args(Count)


async def add_counts(session: AsyncSession, day: date, counts: Mapping[Count, int]) -> None:
    """Add to the counts of a day, in UTC."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    # In one order, so that two processes never wait for each other in a circle.
    rows = [{"day": day, "what": what, "number": counts[what]} for what in sorted(counts)]
    statement = insert(IntakeCount).values(rows)
    total = col(IntakeCount.number) + statement.excluded.number
    await session.exec(statement.on_conflict_do_update(index_elements=["day", "what"], set_={"number": total}))


@dataclass(frozen=True)
class Intake:
    """How event intake does. `waiting` events have yet to reach Temporal, the oldest since `waiting_since`;
    `counts` are those of the last `days` days."""

    waiting: int
    waiting_since: datetime | None
    dead: int
    days: int
    counts: dict[Count, int]


async def read_intake(session: AsyncSession, now: datetime, days: int) -> Intake:
    """How event intake does, with the counts of the last `days` days, today's among them."""
    return Intake(
        waiting=await backlog(session, _COUNTED),
        waiting_since=await waiting_since(session),
        dead=await count_dead(session),
        days=days,
        counts=await _counts(session, (now - timedelta(days=days - 1)).date()),
    )


async def _counts(session: AsyncSession, since: date) -> dict[Count, int]:
    query = (
        select(IntakeCount.what, func.sum(IntakeCount.number))
        .where(col(IntakeCount.day) >= since)
        .group_by(col(IntakeCount.what))
    )
    found = {what: int(number) for what, number in (await session.exec(query)).all()}
    return {what: found.get(what, 0) for what in COUNTS}


async def take_turn(session: AsyncSession, *, alone: bool) -> None:
    """Wait until this transaction may accept events: beside others, or `alone` when one got into its way before.

    Two that make the same customer at the same time cannot both succeed. The one that failed would go on failing
    as long as others make more; alone it cannot. On SQLite the one write lock makes every transaction wait.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        await session.exec(select(lock(func.hashtextextended("accepting events", 0))))


async def latest_times(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, datetime]:
    """When the latest event of each customer happened, of those who have any."""
    # One look into the index for each customer, however many events they have.
    latest = (
        select(EventRecord.occurred_at)
        .where(col(EventRecord.customer_id) == col(Customer.id))
        .order_by(col(EventRecord.occurred_at).desc())
        .limit(1)
        .scalar_subquery()
    )
    found = await session.exec(select(Customer.id, latest).where(col(Customer.id).in_(customer_ids)))
    rows = cast(Sequence[tuple[str, datetime | None]], found.all())
    return {customer_id: at for customer_id, at in rows if at is not None}
