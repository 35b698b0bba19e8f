"""Segments: how they are defined, who is in them, and whose are to be looked at again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from store.paging import Page, read_page
from store.tables import CustomerFeatures, Membership, SegmentRecord


async def memberships(session: AsyncSession, customer_ids: Collection[str]) -> dict[tuple[str, str], Membership]:
    """What is recorded of some customers' memberships, by the customer and the segment."""
    found = await session.exec(select(Membership).where(col(Membership.customer_id).in_(customer_ids)))
    return {(row.customer_id, row.segment): row for row in found.all()}


async def segment_records(session: AsyncSession) -> dict[str, SegmentRecord]:
    """Every segment that is defined, by its name."""
    return {row.name: row for row in (await session.exec(select(SegmentRecord))).all()}


async def define(session: AsyncSession, conditions: Mapping[str, tuple[str, str]], at: datetime) -> None:
    """Keep these definitions, by name the condition and its version; others go, and with them who was in them.
    One that is new or was changed has yet to be counted."""
    known = await segment_records(session)
    gone = known.keys() - conditions.keys()
    if gone:
        await session.exec(delete(Membership).where(col(Membership.segment).in_(gone)))
        await session.exec(delete(SegmentRecord).where(col(SegmentRecord.name).in_(gone)))
    kept = {name: (row.condition, row.version) for name, row in known.items()}
    changed = [(name, *given) for name, given in sorted(conditions.items()) if kept.get(name) != given]
    if changed:
        await _put(session, changed, at)


async def _put(session: AsyncSession, definitions: Sequence[tuple[str, str, str]], at: datetime) -> None:
    """Keep names, conditions and versions, though another process keeps the same at the same time."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = {"changed_at": at, "counted_to": "", "counted": False}
    rows = [dict(zip(("name", "condition", "version"), each, strict=True)) | fresh for each in definitions]
    statement = insert(SegmentRecord).values(rows)
    new = {key: statement.excluded[key] for key in rows[0] if key != "name"}
    await session.exec(statement.on_conflict_do_update(index_elements=["name"], set_=new))


async def to_count(session: AsyncSession) -> list[SegmentRecord]:
    """The segments that have yet to be counted, locked until the transaction ends."""
    query = select(SegmentRecord).where(col(SegmentRecord.counted).is_(False)).order_by(col(SegmentRecord.name))
    return list((await session.exec(query.with_for_update())).all())


async def due_customers(session: AsyncSession, now: datetime, limit: int) -> list[str]:
    """The ids of customers whose segments are to be looked at again by now, those due longest first."""
    query = select(CustomerFeatures.customer_id).where(col(CustomerFeatures.look_at) <= now)
    return list((await session.exec(query.order_by(col(CustomerFeatures.look_at)).limit(limit))).all())


async def next_look(session: AsyncSession, customer_id: str) -> datetime | None:
    """When a customer's segments are to be looked at again, in UTC."""
    row = await session.get(CustomerFeatures, customer_id)
    return row.look_at if row else None


async def look_soon(session: AsyncSession, customer_ids: Iterable[str], at: datetime) -> None:
    """Have customers' segments looked at again by `at`, because something changed that was no event of theirs."""
    for customer_id in sorted(set(customer_ids)):
        changed = await session.exec(
            update(CustomerFeatures).where(col(CustomerFeatures.customer_id) == customer_id).values(look_at=at)
        )
        if not changed.rowcount:
            session.add(CustomerFeatures(customer_id=customer_id, document={}, changed_at=at, look_at=at))
            await session.flush()


@dataclass(frozen=True)
class Counted:
    """A segment with the number of customers in it. `counted` is false while customers are still looked at, after
    the definition was changed at `changed_at`, in UTC."""

    name: str
    condition: str
    members: int
    changed_at: datetime
    counted: bool


async def counted_segments(session: AsyncSession) -> list[Counted]:
    """Every segment with its members, by name."""
    query = select(Membership.segment, func.count()).where(col(Membership.member).is_(True))
    grouped = (await session.exec(query.group_by(col(Membership.segment)))).all()
    members = dict(grouped)
    records = await segment_records(session)
    return [
        Counted(name, row.condition, members.get(name, 0), row.changed_at, row.counted)
        for name, row in sorted(records.items())
    ]


async def latest_changes(session: AsyncSession, segment: str, number: int = 1) -> Page[Membership]:
    """Who entered or left a segment last, each by their last change, the latest first."""
    query = select(Membership).where(col(Membership.segment) == segment)
    return await read_page(
        session, query.order_by(col(Membership.since).desc(), col(Membership.customer_id)), number
    )
