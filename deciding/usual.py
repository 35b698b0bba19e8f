"""Business as usual: why no planner chooses, or an arm is not given, wherever that is decided."""

from sqlmodel.ext.asyncio.session import AsyncSession

from store.guardrails import tripped
from store.tables import Guardrail


async def rolled_back(session: AsyncSession, *journeys: str) -> str:
    """Why the planners of journeys, or of what stands for one, do not choose now: a guardrail of one of them is
    tripped. Empty when none is."""
    row = await tripped(session, *journeys)
    return why_as_usual(row) if row else ""


def why_as_usual(row: Guardrail) -> str:
    """What holds since a guardrail tripped, and why."""
    what = f"the arm '{row.arm}' is closed" if row.arm else "business as usual"
    over = f" over {row.channel}" if row.channel else ""
    return f"{what}, because the guardrail on {row.name}{over} tripped at {row.since:%Y-%m-%d %H:%M} UTC"
