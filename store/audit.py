"""The audit log, as everything that must be told later writes it, and as its readers find it."""

import secrets
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict, TypeVar, Unpack

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from store.chain import canonical, digest
from store.paging import Page, read_page
from store.tables import AuditEntry, Customer

Kind = Literal["decision", "verdict", "approval", "change", "login", "refusal", "export", "erasure"]
Row = TypeVar("Row")
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
        salt=secrets.token_hex(16),
    )
    session.add(entry)


class Narrowed(TypedDict, total=False):
    """Which entries somebody asks for. What is left out, empty or None does not narrow."""

    kind: str
    subject: str
    by: str
    customer: Customer | None
    """With whoever turned out to be them."""
    since: datetime | None
    until: datetime | None
    """The end of a period, in UTC as its beginning is, not included."""


async def list_entries(session: AsyncSession, *, number: int = 1, **wanted: Unpack[Narrowed]) -> Page[AuditEntry]:
    """A page of the entries, the latest first."""
    query = _narrow(select(AuditEntry), wanted).order_by(col(AuditEntry.id).desc())
    return await read_page(session, query, number)


async def chained_entries(session: AsyncSession, **wanted: Unpack[Narrowed]) -> AsyncGenerator[AuditEntry]:
    """The entries that are chained by now, in the order of the chain."""
    async for entry in _walk(session, _narrow(select(AuditEntry), wanted), AuditEntry.position):
        yield entry


async def count_chained(session: AsyncSession, **wanted: Unpack[Narrowed]) -> int:
    """How many chained_entries gives."""
    chained = select(func.count()).where(col(AuditEntry.position).is_not(None))
    return (await session.exec(_narrow(chained, wanted))).one()


async def latest_about(session: AsyncSession, subject: str) -> AuditEntry | None:
    """The last change of something, such as `settings:sojourn.yaml`."""
    changes = select(AuditEntry).where(col(AuditEntry.kind) == "change", col(AuditEntry.subject) == subject)
    return (await session.exec(changes.order_by(col(AuditEntry.id).desc()).limit(1))).first()


async def verdicts_on(
    session: AsyncSession, customer_ids: Collection[str], workflow_id: str
) -> Sequence[AuditEntry]:
    """What the policies said of all that runs with a workflow id would send or do, in the order they said it;
    `customer_ids` are the ids under which its customer is known."""
    query = select(AuditEntry).where(
        col(AuditEntry.kind) == "verdict",
        col(AuditEntry.customer_id).in_(customer_ids),
        col(AuditEntry.facts)["workflow_id"].as_string() == workflow_id,
    )
    return (await session.exec(query.order_by(col(AuditEntry.id)))).all()


async def told_of(session: AsyncSession, kind: Kind, subject: str, at: datetime) -> Sequence[dict[str, Any]]:
    """What entries of a kind about one subject and moment say, so that nothing is told twice."""
    query = select(AuditEntry).where(col(AuditEntry.kind) == kind, col(AuditEntry.subject) == subject)
    return [entry.facts for entry in (await session.exec(query.where(col(AuditEntry.at) == at))).all()]


async def entries_between(
    session: AsyncSession, since: datetime, until: datetime, kind: Kind | None = None
) -> AsyncGenerator[AuditEntry]:
    """The entries of a period, its end not included, in the order of writing; of one kind when it is given."""
    query = _narrow(select(AuditEntry), {"kind": kind or "", "since": since, "until": until})
    async for entry in _walk(session, query, AuditEntry.id):
        yield entry


async def count_between(session: AsyncSession, since: datetime, until: datetime, kind: Kind) -> int:
    """How many entries of a kind a period has, its end not included."""
    query = _narrow(select(func.count()), {"kind": kind, "since": since, "until": until})
    return (await session.exec(query)).one()


def _narrow(query: SelectOfScalar[Row], wanted: Narrowed) -> SelectOfScalar[Row]:
    if kind := wanted.get("kind"):
        query = query.where(col(AuditEntry.kind) == kind)
    if subject := wanted.get("subject"):
        query = query.where(col(AuditEntry.subject) == subject)
    if by := wanted.get("by"):
        query = query.where(col(AuditEntry.by) == by)
    if customer := wanted.get("customer"):
        query = query.where(col(AuditEntry.customer_id).in_(customer.ids))
    if since := wanted.get("since"):
        query = query.where(col(AuditEntry.at) >= since)
    if until := wanted.get("until"):
        query = query.where(col(AuditEntry.at) < until)
    return query


async def _walk(
    session: AsyncSession, query: SelectOfScalar[AuditEntry], order: int | None
) -> AsyncGenerator[AuditEntry]:
    """The rows of a query in the order of a column, those that have it, some at a time, so that a log of any
    length can be read."""
    after = 0
    while True:
        found = query.where(col(order) > after).order_by(col(order)).limit(_AT_ONCE)
        rows = (await session.exec(found)).all()
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        after = (rows[-1].position if order is AuditEntry.position else rows[-1].id) or 0
        session.expunge_all()
