"""Who was in which arm of an experiment, and what they did before and after."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.experiments import ALONE, TREATED
from store.runs import HOLDOUT
from store.tables import EventRecord, Run, Span

_AT_ONCE = 500
"""Customers in one statement: databases limit its parameters."""


class Unit(NamedTuple):
    """A customer in an arm, since a moment in UTC."""

    customer_id: str
    arm: str
    since: datetime


class Told(NamedTuple):
    """An event that counts, when it happened in UTC, and what came with it."""

    name: str
    at: datetime
    properties: Mapping[str, Any]


async def in_holdout(session: AsyncSession, journey: str) -> list[Unit]:
    """The customers of a journey, each since their first run: those that it left alone, and the others."""
    query = select(Run.customer_id, Run.outcome, Run.started_at).where(col(Run.journey) == journey)
    rows = (await session.exec(query.order_by(col(Run.started_at)))).all()
    return _first(Unit(customer, ALONE if outcome == HOLDOUT else TREATED, at) for customer, outcome, at in rows)


async def in_split(session: AsyncSession, journey: str, split: str) -> list[Unit]:
    """The customers who came by a split of a journey, each since the first time, with the arm they went."""
    query = (
        select(Run.customer_id, Span)
        .join(Run, (col(Run.workflow_id) == col(Span.workflow_id)))
        .where(col(Run.journey) == journey, col(Span.kind) == "split")
        .order_by(col(Span.ended_at))
    )
    rows = (await session.exec(query)).all()
    return _first(
        Unit(customer, str(span.attributes["journey.arm"]), span.ended_at)
        for customer, span in rows
        if span.attributes.get("journey.experiment") == split
    )


async def events_of(
    session: AsyncSession, customer_ids: Collection[str], names: Collection[str], since: datetime
) -> dict[str, list[Told]]:
    """The events of these names that happened to some customers since a moment, by customer."""
    wanted, found = sorted(customer_ids), defaultdict[str, list[Told]](list)
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(EventRecord).where(
            col(EventRecord.customer_id).in_(wanted[start : start + _AT_ONCE]),
            col(EventRecord.name).in_(names),
            col(EventRecord.occurred_at) >= since,
        )
        for row in (await session.exec(query)).all():
            found[row.customer_id].append(Told(row.name, row.occurred_at, row.properties))
    return dict(found)


def _first(units: Iterable[Unit]) -> list[Unit]:
    """Each customer once, as they came first."""
    found: dict[str, Unit] = {}
    for unit in units:
        found.setdefault(unit.customer_id, unit)
    return list(found.values())
