"""Standing grants: a person's word for all that is like what they approved, used up atomically."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.audit import record
from store.paging import PAGE_SIZE, Page, read_page
from store.tables import GrantUse, StandingGrant


async def give_grant(session: AsyncSession, grant: StandingGrant) -> None:
    """Keep a standing grant. The same one again stays as it is."""
    if await session.get(StandingGrant, grant.id) is not None:
        return
    session.add(grant)
    limits = {"discount": grant.discount, "amount": grant.amount, "most": grant.most}
    facts = {"what": "given", "approval": grant.approval_id, "group": grant.group, **limits}
    until = {"ends_at": grant.ends_at.isoformat()}
    record(session, "approval", f"grant:{grant.id}", grant.given_by, facts | until, at=grant.given_at)


async def find_grant(session: AsyncSession, grant_id: str) -> StandingGrant | None:
    return await session.get(StandingGrant, grant_id)


async def covering_grant(
    session: AsyncSession,
    similar: str,
    delivery_id: str,
    *,
    group: str,
    discount: float | None,
    amount: float | None,
    now: datetime,
) -> StandingGrant | None:
    """A grant of a group that covers this at `now` (UTC): one that a try of the same delivery used already, or
    one that lasts, is not used up, and was given for at least as much."""
    if not similar:
        return None
    used = await session.get(GrantUse, delivery_id)
    if used is not None:
        return await session.get(StandingGrant, used.grant_id)
    query = select(StandingGrant).where(
        col(StandingGrant.similar) == similar,
        col(StandingGrant.group) == group,
        col(StandingGrant.revoked_at).is_(None),
        col(StandingGrant.ends_at) > now,
        col(StandingGrant.used) < col(StandingGrant.most),
    )
    if discount is not None:
        query = query.where(col(StandingGrant.discount) >= discount)
    if amount is not None:
        query = query.where(col(StandingGrant.amount) >= amount)
    return (await session.exec(query.order_by(col(StandingGrant.ends_at), col(StandingGrant.id)).limit(1))).first()


async def use_grant(
    session: AsyncSession, grant_id: str, delivery_id: str, now: datetime, *, customer_id: str
) -> bool:
    """Use a grant once for a delivery to a customer; a further try of the same one uses it no further. False when
    it was used up, ended or revoked meanwhile."""
    if await session.get(GrantUse, delivery_id) is not None:
        return True
    change = (
        update(StandingGrant)
        .where(
            col(StandingGrant.id) == grant_id,
            col(StandingGrant.used) < col(StandingGrant.most),
            col(StandingGrant.ends_at) > now,
            col(StandingGrant.revoked_at).is_(None),
        )
        .values(used=col(StandingGrant.used) + 1)
        .returning(col(StandingGrant.most) - col(StandingGrant.used))
    )
    left = (await session.exec(change)).scalar_one_or_none()
    if left is None:
        return False
    session.add(GrantUse(delivery_id=delivery_id, grant_id=grant_id, at=now))
    facts = {"what": "used" if left else "used up", "delivery": delivery_id, "left": left}
    record(session, "approval", f"grant:{grant_id}", "sojourn", facts, at=now, customer_id=customer_id)
    return True


async def grants_used_for(session: AsyncSession, delivery_ids: Collection[str]) -> dict[str, StandingGrant]:
    """By delivery or business action, the standing grant under which it left."""
    query = (
        select(GrantUse.delivery_id, StandingGrant)
        .join(StandingGrant, col(StandingGrant.id) == col(GrantUse.grant_id))
        .where(col(GrantUse.delivery_id).in_(delivery_ids))
    )
    return dict((await session.exec(query)).all())


async def revoke_grant(session: AsyncSession, grant_id: str, *, by: str, at: datetime) -> bool:
    """End a grant at once, at `at` (UTC). False when it was over already."""
    change = (
        update(StandingGrant)
        .where(
            col(StandingGrant.id) == grant_id,
            col(StandingGrant.revoked_at).is_(None),
            col(StandingGrant.ends_at) > at,
        )
        .values(revoked_by=by, revoked_at=at)
    )
    if (await session.exec(change)).rowcount != 1:
        return False
    record(session, "approval", f"grant:{grant_id}", by, {"what": "revoked"}, at=at)
    return True


async def tell_expired(session: AsyncSession, now: datetime) -> None:
    """Tell the audit log of each grant, once, whose time is over at `now` (UTC) and that was not used up."""
    change = (
        update(StandingGrant)
        .where(
            col(StandingGrant.told_expired).is_(False),
            col(StandingGrant.ends_at) <= now,
            col(StandingGrant.revoked_at).is_(None),
            col(StandingGrant.used) < col(StandingGrant.most),
        )
        .values(told_expired=True)
        .returning(col(StandingGrant.id), col(StandingGrant.ends_at), col(StandingGrant.used))
    )
    for grant_id, ended, used in (await session.exec(change)).all():
        record(session, "approval", f"grant:{grant_id}", "sojourn", {"what": "expired", "used": used}, at=ended)


async def list_grants(
    session: AsyncSession, now: datetime, *, over: bool = False, number: int = 1, size: int = PAGE_SIZE
) -> Page[StandingGrant]:
    """The grants that last at `now` (UTC), or those that are over; the latest first."""
    ended = or_(
        col(StandingGrant.revoked_at).is_not(None),
        col(StandingGrant.ends_at) <= now,
        col(StandingGrant.used) >= col(StandingGrant.most),
    )
    query = select(StandingGrant).where(ended if over else ~ended)
    latest = col(StandingGrant.given_at).desc()
    return await read_page(session, query.order_by(latest, col(StandingGrant.id)), number, size)
