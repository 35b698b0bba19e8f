"""Business as usual: why no planner chooses, wherever a decision is taken."""

from sqlmodel.ext.asyncio.session import AsyncSession

from store.guardrails import tripped


async def rolled_back(session: AsyncSession, *journeys: str) -> str:
    """Why the planners of journeys, or of what stands for one, do not choose now: a guardrail of one of them is
    tripped. Empty when none is."""
    row = await tripped(session, *journeys)
    if row is None:
        return ""
    over = f" over {row.channel}" if row.channel else ""
    return (
        f"business as usual, because the guardrail on {row.name}{over} tripped at {row.since:%Y-%m-%d %H:%M} UTC"
    )
