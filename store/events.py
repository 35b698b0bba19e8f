"""Accepted events, in the order they were accepted, and the items that were refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy import insert as sql_insert
from sqlmodel import SQLModel, col, func, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.events import REPLIED, Event
from store.paging import Page, read_page
from store.tables import EventRecord, OutboxEntry, Refusal


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be kept. Times are in UTC."""

    id: str
    customer_id: str
    name: str
    properties: dict[str, Any]
    occurred_at: datetime
    received_at: datetime
    traceparent: str


async def accepted_among(session: AsyncSession, event_ids: Collection[str]) -> set[str]:
    """Those of the ids whose events have been accepted already."""
    query = select(EventRecord.id).where(col(EventRecord.id).in_(event_ids))
    return set((await session.exec(query)).all())


async def add_events(session: AsyncSession, events: Sequence[NewEvent]) -> None:
    """Keep events in the order given, each with its place in the outbox.

    Raises sqlalchemy.exc.IntegrityError when one has been accepted already.
    """
    if not events:
        return
    # Into the tables themselves: the ORM's own way of inserting costs as much again.
    connection = await session.connection()
    # PostgreSQL must be asked to number rows in the order given. SQLite does so by itself, and when asked
    # would insert them one by one.
    ask_for_order = connection.dialect.name != "sqlite"
    statement = sql_insert(_table(EventRecord)).returning(
        col(EventRecord.id), col(EventRecord.seq), sort_by_parameter_order=ask_for_order
    )
    rows = [{name: getattr(event, name) for name in NewEvent.__slots__} for event in events]
    numbers = {row[0]: row[1] for row in await connection.execute(statement, rows)}
    entries = [
        {
            "seq": numbers[event.id],
            "customer_id": event.customer_id,
            "attempts": 0,
            "dead": False,
            "last_error": "",
        }
        for event in events
    ]
    await connection.execute(sql_insert(_table(OutboxEntry)), entries)


async def find_events(session: AsyncSession, numbers: Collection[int]) -> list[EventRecord]:
    """Events by `seq`, in that order."""
    query = select(EventRecord).where(col(EventRecord.seq).in_(numbers)).order_by(col(EventRecord.seq))
    return list((await session.exec(query)).all())


async def events_after(session: AsyncSession, customer_id: str, seq: int) -> list[EventRecord]:
    """A customer's events that were accepted after another, in order."""
    query = select(EventRecord).where(col(EventRecord.customer_id) == customer_id, col(EventRecord.seq) > seq)
    return list((await session.exec(query.order_by(col(EventRecord.seq)))).all())


async def last_event(session: AsyncSession) -> int:
    """The number of the event that was accepted last, of anybody's; 0 when there is none."""
    return (await session.exec(select(func.max(EventRecord.seq)))).one() or 0


async def settled_event(session: AsyncSession) -> int:
    """The number of the event that was accepted last, once none with a lower one can be accepted any more.

    PostgreSQL numbers events before their transactions end, in whatever order; those under way are waited for, and
    later ones wait meanwhile. Raises sqlalchemy.exc.DBAPIError when that takes more than a second.
    """
    if session.get_bind().dialect.name == "postgresql":
        connection = await session.connection()
        await connection.execute(text("SET LOCAL lock_timeout = '1s'"))
        await connection.execute(text("LOCK TABLE event IN SHARE MODE"))
    return await last_event(session)


def as_event(record: EventRecord) -> Event:
    """The event as journeys see it."""
    assert record.seq is not None, "an event that was read has its number"
    return Event(
        id=record.id,
        name=record.name,
        at=record.occurred_at,
        seq=record.seq,
        properties=record.properties,
        traceparent=record.traceparent,
    )


_LAST_REPLIES = 20


async def last_reply(session: AsyncSession, customer_id: str, channel: str) -> datetime | None:
    """When the customer last wrote to us over a channel, in UTC; None when it is long ago or never was."""
    query = (
        select(EventRecord)
        .where(col(EventRecord.customer_id) == customer_id, col(EventRecord.name) == REPLIED)
        .order_by(col(EventRecord.seq).desc())
        .limit(_LAST_REPLIES)
    )
    found = [r.occurred_at for r in (await session.exec(query)).all() if r.properties.get("channel") == channel]
    return max(found, default=None)


async def keep_refusals(session: AsyncSession, refusals: Sequence[Refusal]) -> int:
    """List items that are no events, and give how many are new; one that is listed already stays as it is."""
    if not refusals:
        return 0
    by_id = {refusal.id: refusal for refusal in refusals}
    query = select(Refusal.id).where(col(Refusal.id).in_(by_id))
    known = set((await session.exec(query)).all())
    new = [refusal for refusal in by_id.values() if refusal.id not in known]
    session.add_all(new)
    return len(new)


async def list_refusals(session: AsyncSession, number: int = 1) -> Page[Refusal]:
    """The items that were refused, the latest first."""
    query = select(Refusal).order_by(col(Refusal.received_at).desc(), col(Refusal.id))
    return await read_page(session, query, number)


async def list_events(
    session: AsyncSession, *, name: str = "", customer_id: str = "", number: int = 1
) -> Page[EventRecord]:
    """Accepted events, the latest first; of one name and of one customer, if given."""
    query = select(EventRecord).order_by(col(EventRecord.seq).desc())
    if name:
        query = query.where(col(EventRecord.name) == name)
    if customer_id:
        query = query.where(col(EventRecord.customer_id) == customer_id)
    return await read_page(session, query, number)


def _table(model: type[SQLModel]) -> Table:
    return cast(Any, model).__table__
