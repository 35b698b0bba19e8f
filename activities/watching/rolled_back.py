"""Business as usual: what decisions of a journey fall back to while one of its guardrails is tripped."""

from sqlmodel.ext.asyncio.session import AsyncSession

from deciding.usual import rolled_back
from journeys.usual import PLANNER
from workflows.ports import DecideRequest


async def as_usual(session: AsyncSession, request: DecideRequest) -> DecideRequest:
    """The request as a rolled-back journey makes it: options in the order they are written, by no planner that
    learned or asks a model. As it is where nothing tripped."""
    if request.planner == PLANNER or not (because := await rolled_back(session, request.run.journey)):
        return request
    return request.model_copy(update={"planner": PLANNER, "settings": {"because": because}})
