"""How much journeys may do by themselves: tightened by a guardrail or a person, loosened by an approved change.

Policies and journeys say the tier in configuration; what stands here is on top and can only be stricter.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.audit import record
from store.tables import Tightening

NeedingPeople = Literal["supervised", "human"]
OWN_TIER = "own-tier"
"""What stands where nothing is tightened: the journey's own tier counts."""


class Strictest(BaseModel):
    """What a tightened journey needs, as a change that would loosen it keeps it."""

    tier: NeedingPeople
    group: str
    reason: str


async def tighten(
    session: AsyncSession, journey: str, tier: NeedingPeople, *, group: str, reason: str, by: str, at: datetime
) -> bool:
    """Let people of `group` decide about a journey from `at` (UTC) on, whatever its tier. False when it is as
    strict already: nothing here ever makes it less so."""
    now = await tightening_of(session, journey)
    if now is not None and (now.tier == tier or now.tier == "human"):
        return False
    session.add(Tightening(journey=journey, tier=tier, group=group, reason=reason, by=by, at=at))
    facts = {"what": "tightened", "tier": tier, "group": group, "reason": reason}
    record(session, "change", f"autonomy:{journey}", by, facts, at=at)
    return True


async def loosen(session: AsyncSession, journey: str, *, by: str, at: datetime) -> bool:
    """Let a journey's own tier count again, as a change says that was approved at `at` (UTC). False when nothing
    was tightened."""
    rows = await open_tightenings(session, journey)
    for row in rows:
        row.loosened_by, row.loosened_at = by, at
        session.add(row)
    if rows:
        facts = {"what": "loosened", "was": standing_of(rows)}
        record(session, "change", f"autonomy:{journey}", by, facts, at=at)
    await session.flush()
    return bool(rows)


async def open_tightenings(session: AsyncSession, journey: str) -> Sequence[Tightening]:
    """All that is tightened about a journey now, the strictest first, of these the earliest."""
    query = select(Tightening).where(col(Tightening.journey) == journey, col(Tightening.loosened_at).is_(None))
    # 'human' comes before 'supervised'.
    return (await session.exec(query.order_by(col(Tightening.tier), col(Tightening.id)))).all()


def standing_of(rows: Sequence[Tightening]) -> str:
    """How a journey stands with these, such as `human-7+supervised-3`: another once anything more is tightened."""
    return "+".join(f"{row.tier}-{row.id}" for row in rows) or OWN_TIER


async def tightening_of(session: AsyncSession, journey: str) -> Tightening | None:
    """The strictest that holds for a journey now, the earliest of these; None when nothing was tightened."""
    return next(iter(await open_tightenings(session, journey)), None)


async def tightenings(session: AsyncSession) -> Sequence[Tightening]:
    """Everything that is tightened now, by journey."""
    query = select(Tightening).where(col(Tightening.loosened_at).is_(None))
    return (await session.exec(query.order_by(col(Tightening.journey), col(Tightening.id)))).all()
