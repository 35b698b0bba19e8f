"""How much journeys may do by themselves: tightened by a guardrail or a person, loosened by a person only.

Policies and journeys say the tier in configuration; what stands here is on top and can only be stricter.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Tightening

NeedingPeople = Literal["supervised", "human"]


async def tighten(
    session: AsyncSession, journey: str, tier: NeedingPeople, *, group: str, reason: str, by: str, at: datetime
) -> bool:
    """Let people of `group` decide about a journey from `at` (UTC) on, whatever its tier. False when it is as
    strict already: nothing here ever makes it less so."""
    now = await tightening_of(session, journey)
    if now is not None and (now.tier == tier or now.tier == "human"):
        return False
    session.add(Tightening(journey=journey, tier=tier, group=group, reason=reason, by=by, at=at))
    return True


async def loosen(session: AsyncSession, journey: str, *, by: str, at: datetime) -> bool:
    """Let a journey's own tier count again, as a person said at `at` (UTC). False when nothing was tightened."""
    change = (
        update(Tightening)
        .where(col(Tightening.journey) == journey, col(Tightening.loosened_at).is_(None))
        .values(loosened_by=by, loosened_at=at)
    )
    return (await session.exec(change)).rowcount > 0


async def tightening_of(session: AsyncSession, journey: str) -> Tightening | None:
    """The strictest that holds for a journey now, the earliest of these; None when nothing was tightened."""
    query = (
        select(Tightening)
        .where(col(Tightening.journey) == journey, col(Tightening.loosened_at).is_(None))
        # 'human' comes before 'supervised'.
        .order_by(col(Tightening.tier), col(Tightening.id))
        .limit(1)
    )
    return (await session.exec(query)).first()


async def tightenings(session: AsyncSession) -> Sequence[Tightening]:
    """Everything that is tightened now, by journey."""
    query = select(Tightening).where(col(Tightening.loosened_at).is_(None))
    return (await session.exec(query.order_by(col(Tightening.journey), col(Tightening.id)))).all()
