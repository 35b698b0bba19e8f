"""The log of planners' decisions, and what was learned from it."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.paging import Page, read_page
from store.tables import LearnedBlock, LearnedPoint, PlannerDecision


async def find_decision(session: AsyncSession, decision_id: str) -> PlannerDecision | None:
    """One decision by its id."""
    return await session.get(PlannerDecision, decision_id)


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


async def find_point(session: AsyncSession, journey: str, decision: str, learned_as: str) -> LearnedPoint | None:
    """What is learned at one point in one way; None before the first lesson."""
    return await session.get(LearnedPoint, (journey, decision, learned_as))


async def sums_of(session: AsyncSession, journey: str, decision: str, learned_as: str) -> dict[str, bytes]:
    """The sums of a point by block."""
    query = select(LearnedBlock).where(
        col(LearnedBlock.journey) == journey,
        col(LearnedBlock.decision) == decision,
        col(LearnedBlock.learned_as) == learned_as,
    )
    return {row.block: row.sums for row in (await session.exec(query)).all()}
