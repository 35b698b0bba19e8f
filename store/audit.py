"""The audit log, as everything that must be told later writes it, and as its readers find it."""

import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from store.chain import canonical, digest
from store.paging import Page, read_page
from store.tables import AuditEntry, Customer

Kind = Literal["decision", "verdict", "approval", "change", "login", "refusal", "erasure"]
_AT_ONCE = 500


def record(
    session: AsyncSession,
    kind: Kind,
    subject: str,
    by: str,
    facts: Mapping[str, Any],
    *,
    at: datetime,
    customer_id: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """Write an entry within the caller's transaction; it is chained by store.sealing soon after.

    `facts` stay for good, and so name a customer by nothing but their opaque id. What it rests on and may tell of
    a customer belongs into `evidence`, which goes with them. Both are plain JSON. `by` is a person's address, or
    the part of Sojourn that did it; `at` is UTC. Raises TypeError or ValueError for what is no JSON.
    """
    canonical(dict(facts))
    salted = {**evidence, "salt": secrets.token_hex(16)} if evidence else {}
    entry = AuditEntry(
        at=at,
        kind=kind,
        subject=subject,
        by=by,
        customer_id=customer_id,
        facts=dict(facts),
        evidence=salted,
        evidence_digest=digest(salted) if salted else "",
    )
    session.add(entry)


async def list_entries(
    session: AsyncSession,
    *,
    kind: str = "",
    subject: str = "",
    by: str = "",
    customer: Customer | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    number: int = 1,
) -> Page[AuditEntry]:
    """Entries, the latest first; of one kind, about one subject or customer, by one person, or of a period (UTC,
    its end not included) when they are given."""
    query = select(AuditEntry)
    for column, wanted in ((AuditEntry.kind, kind), (AuditEntry.subject, subject), (AuditEntry.by, by)):
        query = query.where(col(column) == wanted) if wanted else query
    query = query.where(col(AuditEntry.customer_id).in_(customer.ids)) if customer else query
    query = query.where(col(AuditEntry.at) >= since) if since else query
    query = query.where(col(AuditEntry.at) < until) if until else query
    return await read_page(session, query.order_by(col(AuditEntry.id).desc()), number)


async def latest_about(session: AsyncSession, subject: str) -> AuditEntry | None:
    """The last change of something, such as `settings:sojourn.yaml`."""
    changes = select(AuditEntry).where(col(AuditEntry.kind) == "change", col(AuditEntry.subject) == subject)
    return (await session.exec(changes.order_by(col(AuditEntry.id).desc()).limit(1))).first()


async def entries_of(session: AsyncSession, customer: Customer) -> AsyncGenerator[AuditEntry]:
    """Every entry about a customer, and about whoever turned out to be them, in the order of writing."""
    async for entry in _walk(session, select(AuditEntry).where(col(AuditEntry.customer_id).in_(customer.ids))):
        yield entry


async def told_of(session: AsyncSession, kind: Kind, subject: str, at: datetime) -> Sequence[dict[str, Any]]:
    """What entries of a kind about one subject and moment say, so that nothing is told twice."""
    query = select(AuditEntry).where(col(AuditEntry.kind) == kind, col(AuditEntry.subject) == subject)
    return [entry.facts for entry in (await session.exec(query.where(col(AuditEntry.at) == at))).all()]


async def entries_between(
    session: AsyncSession, since: datetime, until: datetime, kind: Kind | None = None
) -> AsyncGenerator[AuditEntry]:
    """The entries of a period, its end not included, in the order of writing; of one kind when it is given."""
    query = select(AuditEntry).where(col(AuditEntry.at) >= since, col(AuditEntry.at) < until)
    query = query.where(col(AuditEntry.kind) == kind) if kind else query
    async for entry in _walk(session, query):
        yield entry


async def count_between(session: AsyncSession, since: datetime, until: datetime, kind: Kind) -> int:
    """How many entries of a kind a period has, its end not included."""
    query = select(func.count()).where(
        col(AuditEntry.kind) == kind, col(AuditEntry.at) >= since, col(AuditEntry.at) < until
    )
    return (await session.exec(query)).one()


async def _walk(session: AsyncSession, query: SelectOfScalar[AuditEntry]) -> AsyncGenerator[AuditEntry]:
    """The rows of a query, some at a time, so that a log of any length can be read."""
    after = 0
    while True:
        found = query.where(col(AuditEntry.id) > after).order_by(col(AuditEntry.id)).limit(_AT_ONCE)
        rows = (await session.exec(found)).all()
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].id or 0
        session.expunge_all()
