"""Who was in which arm of an experiment, and what they did before and after."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.conditions import names_segment
from journeys.events import SEGMENT_ENTERED, SEGMENT_LEFT
from journeys.experiments import ALONE, PLANNED, TREATED
from journeys.ids import surface_journey
from journeys.usual import AS_USUAL, goes_as_usual
from store.runs import HOLDOUT
from store.segments import memberships, segment_records
from store.tables import EventRecord, Membership, PlannerDecision, Run, Span

BEGINNING = datetime.min.replace(tzinfo=UTC)
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


async def arm_before(session: AsyncSession, customer_id: str, journey: str, split: str) -> str:
    """The arm that a customer went when they first came by a split of a journey; empty when they never did."""
    query = (
        select(Span)
        .join(Run, (col(Run.workflow_id) == col(Span.workflow_id)))
        .where(col(Run.customer_id) == customer_id, col(Run.journey) == journey, col(Span.kind) == "split")
        .order_by(col(Span.ended_at))
    )
    spans = (await session.exec(query)).all()
    of_it = (span.attributes for span in spans if span.attributes.get("journey.experiment") == split)
    return next((str(found["journey.arm"]) for found in of_it), "")


async def going_as_usual(session: AsyncSession, journey: str, percent: float) -> list[Unit]:
    """The customers whom a journey does not leave alone, each since their first run: those for whom no planner
    decides, where they are so many per cent, and the others."""
    return [
        unit._replace(arm=AS_USUAL if goes_as_usual(journey, percent, unit.customer_id) else PLANNED)
        for unit in await in_holdout(session, journey)
        if unit.arm == TREATED
    ]


async def seeing_as_usual(session: AsyncSession, surface: str, percent: float) -> list[Unit]:
    """The customers for whom slots of a surface were filled, each since the first time: those for whom no planner
    chooses, where they are so many per cent, and the others."""
    name, first = surface_journey(surface), func.min(PlannerDecision.decided_at)
    query = select(PlannerDecision.customer_id, first).where(col(PlannerDecision.journey) == name)
    rows = (await session.exec(query.group_by(col(PlannerDecision.customer_id)))).all()
    return [
        Unit(customer, AS_USUAL if goes_as_usual(name, percent, customer) else PLANNED, at)
        for customer, at in rows
    ]


async def in_any_journey(session: AsyncSession) -> dict[str, datetime]:
    """Every customer who ever came into a journey, kept back or not, and when they first did."""
    query = select(Run.customer_id, func.min(Run.started_at)).group_by(col(Run.customer_id))
    return dict((await session.exec(query)).all())


async def segments_when(session: AsyncSession, units: Sequence[Unit]) -> dict[str, dict[str, bool]]:
    """By customer, the declared segments they were in, or not, when they came. One that was defined after they
    came, and that nobody looked at before, is not there: what they are now may be what they were made to be."""
    names = [name for name in await segment_records(session) if names_segment(name)]
    if not names or not units:
        return {}
    ids = sorted({unit.customer_id for unit in units})
    turns = await events_of(session, ids, (SEGMENT_ENTERED, SEGMENT_LEFT))
    known: dict[tuple[str, str], Membership] = {}
    for start in range(0, len(ids), _AT_ONCE):
        known |= await memberships(session, ids[start : start + _AT_ONCE])
    found: dict[str, dict[str, bool]] = {}
    for unit in units:
        then = {name: _was_in(unit, name, known, turns.get(unit.customer_id, [])) for name in names}
        found[unit.customer_id] = {name: member for name, member in then.items() if member is not None}
    return found


def _was_in(
    unit: Unit, name: str, known: Mapping[tuple[str, str], Membership], turns: Sequence[Told]
) -> bool | None:
    row = known.get((unit.customer_id, name))
    if row is None:
        return False
    if row.since <= unit.since:
        return row.member
    of_it = sorted((each for each in turns if each.properties.get("segment") == name), key=lambda each: each.at)
    before = [each for each in of_it if each.at <= unit.since]
    if before:
        return before[-1].name == SEGMENT_ENTERED
    return of_it[0].name == SEGMENT_LEFT if of_it else None


async def events_of(
    session: AsyncSession, customer_ids: Collection[str], names: Collection[str], since: datetime = BEGINNING
) -> dict[str, list[Told]]:
    """The events of these names that happened to some customers since a moment, or ever, by customer."""
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
