"""How the messages of a journey were received, by channel and hour: what guardrails go by.

A message counts in the hour in which it was reserved. What a customer does counts for the last message before it
over the channel that the event names, or over any; whichever journey sent it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, extract, or_
from sqlalchemy.orm import aliased
from sqlmodel import case, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.outcomes import RANK, TAKEN
from store.tables import Delivery, EventRecord, Membership

_LEFT = sorted(state for state, rank in RANK.items() if rank >= TAKEN)
_PAGES = ("Page Viewed", "Screen Viewed")


class Slot(NamedTuple):
    """A channel in one hour, by the seconds since 1970 at its start."""

    channel: str
    hour: int


class Order(NamedTuple):
    """An order after a message."""

    slot: Slot
    properties: Mapping[str, Any]


class Visit(NamedTuple):
    """The pages that were seen after the click on a message, by their times."""

    slot: Slot
    pages: list[datetime]


async def outcomes_by_hour(
    session: AsyncSession, journey: str, since: datetime, until: datetime
) -> dict[Slot, dict[str, int]]:
    """How many messages surely left, by what became of them."""
    query = (
        select(Delivery.channel, _HOUR, Delivery.state, func.count())
        .where(*_of(journey, since, until))
        .group_by(col(Delivery.channel), _HOUR, col(Delivery.state))
    )
    found = defaultdict[Slot, dict[str, int]](dict)
    for channel, hour, state, count in (await session.exec(query)).all():
        found[Slot(channel, int(hour))][state] = count
    return dict(found)


async def followed_by(
    session: AsyncSession,
    journey: str,
    things: tuple[Collection[str], Collection[str]],
    since: datetime,
    until: datetime,
) -> tuple[dict[Slot, int], dict[Slot, int]]:
    """Of each of two things that are known by some events, after how many messages the customer did it. Both are
    counted in one go: what takes long is to find which message was the last before an event."""
    first, second = (
        func.count(func.distinct(case((col(EventRecord.name).in_(names), col(Delivery.id))))) for names in things
    )
    query = (
        select(Delivery.channel, _HOUR, first, second)
        .join(EventRecord, col(EventRecord.customer_id) == col(Delivery.customer_id))
        .where(*_of(journey, since, until), *_last_before({*things[0], *things[1]}, until))
        .group_by(col(Delivery.channel), _HOUR)
    )
    found = {Slot(row[0], int(row[1])): (row[2], row[3]) for row in (await session.exec(query)).all()}
    return {slot: one for slot, (one, _) in found.items()}, {slot: other for slot, (_, other) in found.items()}


async def orders_after(
    session: AsyncSession, journey: str, name: str, since: datetime, until: datetime
) -> list[Order]:
    """The orders after messages; one that is told of twice with the same `order_id` is one."""
    query = (
        select(Delivery.channel, _HOUR, col(EventRecord.id), col(EventRecord.properties))
        .join(EventRecord, col(EventRecord.customer_id) == col(Delivery.customer_id))
        .where(*_of(journey, since, until), *_last_before((name,), until))
        .order_by(col(EventRecord.seq))
    )
    found: dict[tuple[str, str], Order] = {}
    for channel, hour, event_id, properties in (await session.exec(query)).all():
        order = Order(Slot(channel, int(hour)), properties)
        found.setdefault((channel, str(properties.get("order_id") or event_id)), order)
    return list(found.values())


async def visits_after(session: AsyncSession, journey: str, since: datetime, until: datetime) -> list[Visit]:
    """The pages that customers saw after they clicked on messages; where no page is told of there is no visit."""
    query = (
        select(Delivery.id, Delivery.channel, _HOUR, EventRecord.occurred_at)
        .join(EventRecord, col(EventRecord.customer_id) == col(Delivery.customer_id))
        .where(
            *_of(journey, since, until),
            col(Delivery.state) == "clicked",
            col(EventRecord.name).in_(_PAGES),
            col(EventRecord.occurred_at) >= col(Delivery.outcome_at),
            col(EventRecord.occurred_at) <= until,
        )
        .order_by(col(EventRecord.occurred_at))
    )
    found: dict[str, Visit] = {}
    for delivery_id, channel, hour, at in (await session.exec(query)).all():
        found.setdefault(delivery_id, Visit(Slot(channel, int(hour)), [])).pages.append(at)
    return list(found.values())


async def offers_by_segment(
    session: AsyncSession, journey: str, segments: Collection[str], since: datetime, until: datetime
) -> dict[str, tuple[int, int]]:
    """By segment, how many of its customers a journey made an offer to, and how many it wrote to. Without names
    it is every segment that the project declares."""
    offered = case((col(Delivery.discount).is_not(None), col(Delivery.customer_id)))
    # A journey's own segment is not one of the project's.
    wanted = col(Membership.segment).in_(segments) if segments else col(Membership.segment).not_like("journey:%")
    query = (
        select(
            Membership.segment, func.count(func.distinct(offered)), func.count(func.distinct(Delivery.customer_id))
        )
        .join(Membership, col(Membership.customer_id) == col(Delivery.customer_id))
        .where(*_of(journey, since, until), col(Membership.member).is_(True), wanted)
        .group_by(col(Membership.segment))
    )
    return {segment: (got, of) for segment, got, of in (await session.exec(query)).all()}


_SECONDS: Any = extract("epoch", col(Delivery.reserved_at))
_HOUR: Any = _SECONDS - _SECONDS % 3600


def _of(journey: str, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """The journey's messages that surely left."""
    return (
        col(Delivery.journey) == journey,
        col(Delivery.reserved_at) >= since,
        col(Delivery.reserved_at) < until,
        col(Delivery.state).in_(_LEFT),
    )


def _last_before(names: Collection[str], until: datetime) -> tuple[ColumnElement[bool], ...]:
    """An event that is joined to its customer's messages happened after the message and before any later one."""
    later, at = aliased(Delivery), col(EventRecord.occurred_at)
    channel = EventRecord.properties["channel"].as_string()
    between = exists().where(
        col(later.customer_id) == col(Delivery.customer_id),
        col(later.reserved_at) > col(Delivery.reserved_at),
        col(later.reserved_at) <= at,
        col(later.state).in_(_LEFT),
        or_(channel.is_(None), col(later.channel) == channel),
    )
    return (
        col(EventRecord.name).in_(sorted(names)),
        at > col(Delivery.reserved_at),
        at <= until,
        or_(channel.is_(None), col(Delivery.channel) == channel),
        ~between,
    )
