"""Verifies the audit log: every link of the chain, and that it still holds the heads that were kept elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.chain import Trail
from store.database import Database
from store.sealing import AT_ONCE, Head, count_loose, hash_at
from store.tables import AuditEntry, Customer

MOST_FAULTS = 20
"""Faults that are told; after a first one that moves everything there would be one an entry."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and with which entry."""

    position: int
    entry: int | None
    """The entry's number; None where there is no entry."""
    what: str


@dataclass(frozen=True)
class Verification:
    """What came of verifying a log."""

    entries: int
    """How many are chained."""
    loose: int
    """How many are not chained yet: those of the last second, unless no process that serves runs."""
    head: str
    faults: list[Fault] = field(default_factory=list[Fault])
    headed: bool = True
    """Whether a head was kept elsewhere, without which entries cut off at the end would not be missed."""


async def verify(
    database: Database, heads: Sequence[tuple[str, Head]], tell: Callable[[int], None] = lambda _: None
) -> Verification:
    """Read the whole log once and check it. `heads` are those kept elsewhere, each with where; `tell` is told how
    many entries are checked so far."""
    trail, faults = Trail(), list[Fault]()
    async with database.reading() as session:
        while rows := await _next(session, trail.position):
            erased = await _erased(session, rows)
            for row in rows:
                said = trail.fault(row, erased=row.customer_id in erased)
                if said and len(faults) < MOST_FAULTS:
                    faults.append(Fault(row.position or 0, row.id, f"{row.kind} of {row.subject}: {said}"))
            session.expunge_all()
            tell(trail.position)
        for where, head in heads:
            if said := await _misses(session, head):
                faults.append(Fault(head.count, None, f"the head in {where} is not in the log: {said}"))
        return Verification(trail.position, await count_loose(session), trail.hash, faults, bool(heads))


async def _next(session: AsyncSession, after: int) -> Sequence[AuditEntry]:
    query = select(AuditEntry).where(col(AuditEntry.position) > after).order_by(col(AuditEntry.position))
    return (await session.exec(query.limit(AT_ONCE))).all()


async def _erased(session: AsyncSession, rows: Sequence[AuditEntry]) -> set[str]:
    """The customers of some entries who were erased."""
    ids = {row.customer_id for row in rows if row.evidence_digest and not row.evidence}
    query = select(Customer.id).where(col(Customer.id).in_(ids), col(Customer.erased_at).is_not(None))
    return set((await session.exec(query)).all()) if ids else set()


async def _misses(session: AsyncSession, head: Head) -> str:
    """How the log lacks a head that was kept; empty when it holds it."""
    found = await hash_at(session, head.count)
    if found is None:
        return f"entry {head.count} is missing; the log was cut short"
    return "" if found == head.hash else f"entry {head.count} is another; the log was chained anew"
