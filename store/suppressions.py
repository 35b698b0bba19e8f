"""The list of addresses that nothing is sent to: hard bounces, complaints, and what people put there.

An address stays on it whoever gives it again, until someone takes it off.
"""

from datetime import datetime
from typing import Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.audit import record
from store.digests import digest
from store.paging import Page, read_page
from store.tables import Suppression

Reason = Literal["hard_bounce", "complaint", "manual"]

KINDS = ("email", "phone")
"""The kinds of addresses that can be suppressed. A device's token is simply dead, and never comes back."""


async def suppress(
    session: AsyncSession, kind: str, value: str, reason: Reason, source: str, at: datetime
) -> bool:
    """Put an address on the list; `at` is UTC. Gives whether it is new there, and tells the audit log of it.

    One that is there already stays as it is, but for a complaint, which outweighs every other reason.
    Raises ValueError for a kind that cannot be suppressed.
    """
    if kind not in KINDS:
        raise ValueError(f"a {kind} cannot be suppressed; there are: {', '.join(KINDS)}")
    known = await find_suppression(session, kind, value)
    if known is None:
        row = Suppression(kind=kind, digest=digest(kind, value), reason=reason, source=source, at=at)
        session.add(row)
        _tell(session, row, "suppressed", source, at)
        await session.flush()
    elif reason == "complaint" != known.reason:
        known.reason, known.source, known.at = reason, source, at
        session.add(known)
        _tell(session, known, "suppressed", source, at)
    return known is None


async def find_suppression(session: AsyncSession, kind: str, value: str) -> Suppression | None:
    """Why nothing may be sent to an address; None when something may."""
    return await session.get(Suppression, (kind, digest(kind, value)))


async def release(session: AsyncSession, kind: str, value: str, *, by: str, at: datetime) -> bool:
    """Take an address off the list; `at` is UTC. Gives whether it was there, and tells the audit log of it."""
    known = await find_suppression(session, kind, value)
    if known is not None:
        _tell(session, known, "released", by, at)
        await session.delete(known)
        await session.flush()
    return known is not None


async def list_suppressions(session: AsyncSession, reason: str = "", number: int = 1) -> Page[Suppression]:
    """The list, the latest first; for one reason only when it is given."""
    query = select(Suppression)
    if reason:
        query = query.where(col(Suppression.reason) == reason)
    return await read_page(session, query.order_by(col(Suppression.at).desc(), col(Suppression.digest)), number)


def _tell(session: AsyncSession, row: Suppression, what: str, by: str, at: datetime) -> None:
    facts = {"what": what, "kind": row.kind, "reason": row.reason}
    record(session, "change", f"suppression:{row.digest[:16]}", by, facts, at=at)
