"""The log of planners' decisions, and which of them there is something new to say of."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import load_only
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.grounds import Alternative, Chosen
from store.approvals import approvals_of_run
from store.history import deliveries_of_run
from store.paging import Page, read_page
from store.tables import EventRecord, LearningProgress, PlannerDecision

_PROGRESS = "outcomes"


class Point(NamedTuple):
    """A step of a run that decides, perhaps several times."""

    workflow_id: str
    first_run_id: str
    step_id: str


async def find_decision(session: AsyncSession, decision_id: str) -> PlannerDecision | None:
    """One decision by its id."""
    return await session.get(PlannerDecision, decision_id)


async def decisions_with(session: AsyncSession, ids: Collection[str]) -> Sequence[PlannerDecision]:
    """The decisions with these ids, of those that were taken."""
    if not ids:
        return []
    return (await session.exec(select(PlannerDecision).where(col(PlannerDecision.id).in_(ids)))).all()


async def decision_leading_to(
    session: AsyncSession, workflow_id: str, first_run_id: str, step_id: str, now: datetime
) -> PlannerDecision | None:
    """The latest decision of a run by which it came to a step; of one within another, the inner. None when no
    planner chose that the step is done. `now` is UTC."""
    query = select(PlannerDecision).where(
        col(PlannerDecision.workflow_id) == workflow_id,
        col(PlannerDecision.first_run_id) == first_run_id,
        col(PlannerDecision.decided_at) <= now,
    )
    rows = [row for row in (await session.exec(query)).all() if step_id in row.steps]
    return max(rows, key=lambda row: (row.decided_at, -len(row.steps)), default=None)


def as_chosen(row: PlannerDecision) -> Chosen:
    """A decision as people are told of it, with the options that were not chosen, the likeliest first."""
    likely = row.probabilities
    others = sorted((name for name in row.options if name != row.option), key=lambda name: -likely.get(name, 0.0))
    return Chosen(
        step_id=row.step_id,
        decision=row.decision,
        planner=row.planner,
        at=row.decided_at,
        option=row.option,
        probability=row.probability,
        expected=row.expected.get(row.option),
        why=row.why,
        others=tuple(
            Alternative(option=name, probability=likely.get(name, 0.0), expected=row.expected.get(name))
            for name in others
        ),
        closed=row.closed_options,
    )


async def list_decisions(
    session: AsyncSession, *, journey: str = "", decision: str = "", customer_id: str = "", number: int = 1
) -> Page[PlannerDecision]:
    """Decisions, the latest first; of one journey, point or customer, if given."""
    query = select(PlannerDecision)
    for column, wanted in (
        (PlannerDecision.journey, journey),
        (PlannerDecision.decision, decision),
        (PlannerDecision.customer_id, customer_id),
    ):
        query = query.where(col(column) == wanted) if wanted else query
    ordered = query.order_by(col(PlannerDecision.decided_at).desc(), col(PlannerDecision.id))
    return await read_page(session, ordered, number)


async def decisions_rewarded_by(session: AsyncSession, event_id: str) -> list[PlannerDecision]:
    """The decisions that an event counted for, the earliest first."""
    of = select(EventRecord.customer_id).where(col(EventRecord.id) == event_id)
    query = select(PlannerDecision).where(col(PlannerDecision.customer_id).in_(of))
    rows = (await session.exec(query.order_by(col(PlannerDecision.decided_at)))).all()
    return [row for row in rows if any(part["event_id"] == event_id for part in row.parts)]


async def log_of(
    session: AsyncSession, journey: str, decision: str, since: datetime, most: int
) -> list[PlannerDecision]:
    """The latest decisions at one point since a moment, the earliest first."""
    query = (
        select(PlannerDecision)
        .where(
            col(PlannerDecision.journey) == journey,
            col(PlannerDecision.decision) == decision,
            col(PlannerDecision.decided_at) >= since,
        )
        .order_by(col(PlannerDecision.decided_at).desc(), col(PlannerDecision.id))
        .limit(most)
        .execution_options(populate_existing=True)
    )
    return list((await session.exec(query)).all())[::-1]


async def choices_since(
    session: AsyncSession, journey: str, since: datetime, most: int
) -> Sequence[PlannerDecision]:
    """The latest decisions of a journey since a moment, with only what guardrails look at."""
    row = PlannerDecision
    query = (
        select(row)
        .where(col(row.journey) == journey, col(row.decided_at) >= since)
        .order_by(col(row.decided_at).desc())
        .limit(most)
        .options(load_only(*_LOOKED_AT))
    )
    return (await session.exec(query)).all()


async def touched(session: AsyncSession, after: int, until: int) -> list[Point]:
    """The points of runs within whose windows something happened, by the events accepted after `after` up to
    `until`."""
    query = (
        select(*_POINT)
        .join(EventRecord, col(EventRecord.customer_id) == col(PlannerDecision.customer_id))
        .where(
            col(EventRecord.seq) > after,
            col(EventRecord.seq) <= until,
            col(EventRecord.occurred_at) >= col(PlannerDecision.decided_at),
            col(EventRecord.occurred_at) <= col(PlannerDecision.closes_at),
        )
        .distinct()
    )
    return [Point(*row) for row in (await session.exec(query)).all()]


async def due(session: AsyncSession, now: datetime, most: int) -> list[Point]:
    """The points of runs with decisions whose windows are over and which are not closed yet, some at a time."""
    query = (
        select(*_POINT)
        .where(col(PlannerDecision.closed).is_(False), col(PlannerDecision.closes_at) <= now)
        .distinct()
        .limit(most)
    )
    return [Point(*row) for row in (await session.exec(query)).all()]


async def decisions_at(session: AsyncSession, point: Point) -> list[PlannerDecision]:
    """The decisions at one point of a run in the order of time, which no other transaction changes until this
    one ends."""
    query = (
        select(PlannerDecision)
        .where(
            col(PlannerDecision.workflow_id) == point.workflow_id,
            col(PlannerDecision.first_run_id) == point.first_run_id,
            col(PlannerDecision.step_id) == point.step_id,
        )
        .order_by(col(PlannerDecision.turn))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await session.exec(query)).all())


async def happened_between(
    session: AsyncSession, customer_id: str, names: Collection[str], since: datetime, until: datetime
) -> list[EventRecord]:
    """A customer's events of some names that happened within a time, in whatever order."""
    query = select(EventRecord).where(
        col(EventRecord.customer_id) == customer_id,
        col(EventRecord.name).in_(names),
        col(EventRecord.occurred_at) >= since,
        col(EventRecord.occurred_at) <= until,
    )
    return list((await session.exec(query)).all())


async def steps_at(session: AsyncSession, point: Point) -> dict[str, tuple[str, datetime]]:
    """By the ids of the run's deliveries and approvals, the step that each is of, and since when."""
    of_run = (point.workflow_id, point.first_run_id)
    return {
        **{row.id: (row.step_id, row.reserved_at) for row in await deliveries_of_run(session, *of_run)},
        **{row.id: (row.step_id, row.requested_at) for row in await approvals_of_run(session, *of_run)},
    }


async def find_event(session: AsyncSession, event_id: str) -> EventRecord | None:
    """An accepted event by its sender's id."""
    return (await session.exec(select(EventRecord).where(col(EventRecord.id) == event_id))).first()


async def learned_points(session: AsyncSession, since: datetime) -> Sequence[PlannerDecision]:
    """The latest decision of each way in which something is learned, of those made since a moment."""
    latest = (
        select(func.max(PlannerDecision.decided_at))
        .where(col(PlannerDecision.learned_as) != "", col(PlannerDecision.decided_at) >= since)
        .group_by(col(PlannerDecision.journey), col(PlannerDecision.decision), col(PlannerDecision.learned_as))
    )
    query = select(PlannerDecision).where(
        col(PlannerDecision.decided_at).in_(latest), col(PlannerDecision.learned_as) != ""
    )
    found = {(row.journey, row.decision, row.learned_as): row for row in (await session.exec(query)).all()}
    return list(found.values())


async def progress(session: AsyncSession) -> int:
    """The event up to which outcomes were looked at."""
    row = await session.get(LearningProgress, _PROGRESS)
    return row.seq if row else 0


async def keep_progress(session: AsyncSession, seq: int) -> None:
    """Keep how far outcomes were looked at."""
    await session.merge(LearningProgress(name=_PROGRESS, seq=seq))


_LOOKED_AT: tuple[Any, ...] = (
    PlannerDecision.workflow_id,
    PlannerDecision.first_run_id,
    PlannerDecision.step_id,
    PlannerDecision.decided_at,
    PlannerDecision.decision,
    PlannerDecision.learned_as,
    PlannerDecision.features,
    PlannerDecision.probabilities,
    PlannerDecision.option,
    PlannerDecision.expected,
    PlannerDecision.credit,
    PlannerDecision.closed,
    PlannerDecision.agent,
)
_POINT = (
    col(PlannerDecision.workflow_id),
    col(PlannerDecision.first_run_id),
    col(PlannerDecision.step_id),
)
