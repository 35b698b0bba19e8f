"""Business as usual: what a journey falls back to while one of its guardrails is tripped, or an arm is closed."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from deciding.usual import rolled_back, why_as_usual
from journeys.usual import PLANNER
from store.guardrails import tripped_at
from workflows.ports import DecideRequest


async def as_usual(session: AsyncSession, request: DecideRequest) -> DecideRequest:
    """The request as a rolled-back journey makes it: options in the order they are written, by no planner that
    learned or asks a model. As it is where nothing tripped."""
    if request.planner == PLANNER or not (because := await rolled_back(session, request.run.journey)):
        return request
    return request.model_copy(update={"planner": PLANNER, "settings": {"because": because}})


async def closed_around(session: AsyncSession, journey: str, arms: Mapping[str, str]) -> str:
    """Why nothing more is done in the arms, by split, that a run is inside; empty where none was closed since it
    went them, and nothing is asked where it is inside none."""
    for split, arm in arms.items():
        for row in await tripped_at(session, journey, split):
            if row.arm == arm and not row.keeps:
                return why_as_usual(row)
    return ""
