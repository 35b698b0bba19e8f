"""Who is in the segments that start journeys, and since when."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Membership


async def memberships(session: AsyncSession, customer_id: str) -> dict[str, Membership]:
    """By journey, what was last recorded of a customer's memberships."""
    found = await session.exec(select(Membership).where(col(Membership.customer_id) == customer_id))
    return {membership.journey: membership for membership in found.all()}


async def record_memberships(
    session: AsyncSession, customer_id: str, now_in: Mapping[str, bool], seq: int, at: datetime
) -> set[str]:
    """Record of which segments the customer is one now, by journey, and give those that this event, by its
    `seq`, made them one of. `at` is UTC.

    Recorded again for the same event it gives the same, so that a start that was cut short is not lost.
    """
    known = await memberships(session, customer_id)
    for journey, member in now_in.items():
        before = known.get(journey)
        if member == (before is not None and before.member):
            continue
        known[journey] = await session.merge(
            Membership(journey=journey, customer_id=customer_id, member=member, since=at, seq=seq)
        )
    await session.flush()
    return {journey for journey in now_in if (m := known.get(journey)) and m.member and m.seq == seq}
