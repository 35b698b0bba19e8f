"""Business as usual: what decisions of a journey fall back to while one of its guardrails is tripped."""

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.usual import PLANNER
from store.guardrails import tripped
from workflows.ports import DecideRequest


async def as_usual(session: AsyncSession, request: DecideRequest) -> DecideRequest:
    """The request as a rolled-back journey makes it: options in the order they are written, by no planner that
    learned or asks a model. As it is where nothing tripped."""
    row = await tripped(session, request.run.journey)
    if row is None or request.planner == PLANNER:
        return request
    over = f" over {row.channel}" if row.channel else ""
    because = (
        f"business as usual, because the guardrail on {row.name}{over} tripped at {row.since:%Y-%m-%d %H:%M} UTC"
    )
    return request.model_copy(update={"planner": PLANNER, "settings": {"because": because}})
