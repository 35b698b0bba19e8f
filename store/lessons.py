"""What was learned at decision points: sums that lessons are added to, under a lock of the point."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import LearnedBlock, LearnedPoint


async def find_point(session: AsyncSession, journey: str, decision: str, learned_as: str) -> LearnedPoint | None:
    """What is learned at one point in one way; None before the first lesson."""
    return await session.get(LearnedPoint, (journey, decision, learned_as))


async def lock_point(
    session: AsyncSession, journey: str, decision: str, learned_as: str, now: datetime
) -> LearnedPoint:
    """The point, made where there is none, which no other transaction teaches until this one ends."""
    key = (journey, decision, learned_as)
    point = await session.get(LearnedPoint, key, with_for_update=True, populate_existing=True)
    if point is None:
        point = LearnedPoint(journey=journey, decision=decision, learned_as=learned_as, changed_at=now)
        session.add(point)
        await session.flush()
    return point


async def list_points(session: AsyncSession) -> Sequence[LearnedPoint]:
    """Everything that is learned, by journey and decision; what changed last comes first of each."""
    query = select(LearnedPoint).order_by(
        col(LearnedPoint.journey), col(LearnedPoint.decision), col(LearnedPoint.changed_at).desc()
    )
    return (await session.exec(query)).all()


async def sums_of(session: AsyncSession, journey: str, decision: str, learned_as: str) -> dict[str, bytes]:
    """The sums of a point by block."""
    query = select(LearnedBlock).where(
        col(LearnedBlock.journey) == journey,
        col(LearnedBlock.decision) == decision,
        col(LearnedBlock.learned_as) == learned_as,
    )
    return {row.block: row.sums for row in (await session.exec(query)).all()}


async def keep_sums(
    session: AsyncSession, point: LearnedPoint, sums: Mapping[str, bytes], lessons: int, now: datetime
) -> None:
    """Keep new sums of some blocks of a point that is locked. `lessons` is how many decisions count now."""
    for block, data in sums.items():
        row = LearnedBlock(
            journey=point.journey, decision=point.decision, learned_as=point.learned_as, block=block, sums=data
        )
        await session.merge(row)
    point.revision, point.lessons, point.changed_at = point.revision + 1, lessons, now
    session.add(point)


async def forget_sums(session: AsyncSession, point: LearnedPoint) -> None:
    """Empty a point that is locked, for what takes the place of its sums."""
    await session.exec(
        delete(LearnedBlock).where(
            col(LearnedBlock.journey) == point.journey,
            col(LearnedBlock.decision) == point.decision,
            col(LearnedBlock.learned_as) == point.learned_as,
        )
    )
