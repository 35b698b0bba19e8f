"""How many runs of a journey went over each step, and which step each open one was last heard of at."""

from dataclasses import dataclass

from sqlalchemy import and_, case
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Run, Span

_PARTS = ("internal", "producer")
"""Kinds of span that are parts of a step."""
_NO_STEPS = ("run", "migrate")


@dataclass(frozen=True)
class Trail:
    """So many open runs whose last span is this one. `step_id` is None when no step of theirs is known yet."""

    step_id: str | None
    outcome: str
    is_part: bool
    """Whether it is of a part of the step, which may not have ended yet."""
    runs: int


async def last_trails(session: AsyncSession, journey: str, version: str) -> list[Trail]:
    """The last that is known of each open run of a version, counted by where it was and what came of it."""
    is_part = case((col(Span.kind).in_(_PARTS), 1), else_=0)
    newest = func.row_number().over(
        partition_by=col(Run.id), order_by=(col(Span.ended_at).desc(), col(Span.started_at).desc(), is_part)
    )
    # A workflow id may have had earlier runs: their spans ended before this run began.
    own = and_(
        col(Span.workflow_id) == col(Run.workflow_id),
        col(Span.ended_at) >= col(Run.started_at),
        col(Span.kind).not_in(_NO_STEPS),
    )
    spans = (
        select(Span.step_id, Span.outcome, is_part.label("is_part"), newest.label("age"))
        .select_from(Run)
        .outerjoin(Span, own)
        .where(col(Run.journey) == journey, col(Run.version) == version, col(Run.state) != "closed")
        .subquery()
    )
    last = spans.c
    query = select(last.step_id, last.outcome, last.is_part, func.count()).where(last.age == 1)
    found = (await session.exec(query.group_by(last.step_id, last.outcome, last.is_part))).all()
    return [Trail(step_id, outcome or "", bool(part), runs) for step_id, outcome, part, runs in found]


async def count_done(session: AsyncSession, journey: str) -> dict[str, int]:
    """How often each step was done, by all runs of a journey there ever were."""
    ids = select(Run.workflow_id).where(col(Run.journey) == journey)
    query = (
        select(Span.step_id, func.count())
        .where(col(Span.workflow_id).in_(ids), col(Span.kind).not_in((*_PARTS, *_NO_STEPS)))
        .where(col(Span.outcome) != "interrupted")
    )
    return dict((await session.exec(query.group_by(col(Span.step_id)))).all())
