"""Takes a customer out of the store: at once what makes them reachable and known, then everything else.

Every table with a column of customers stands either in `_DELETED` or in `_EMPTIED`; a test sees to it.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from typing import cast as typed

from sqlalchemy import ColumnElement, String, cast, or_
from sqlmodel import SQLModel, col, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.events import ERASED
from store.approvals import tell_approval
from store.audit import record
from store.customers import addresses_of, find_customer, lock_customer
from store.identity import ids_of
from store.keys import destroy_keys
from store.paging import Page, read_page
from store.suppressions import KINDS, suppress
from store.tables import (
    Action,
    Address,
    Approval,
    AuditEntry,
    ConsentRecord,
    ConsentStatement,
    Customer,
    CustomerFeatures,
    Delivery,
    EditLabel,
    Erasure,
    EventRecord,
    Identity,
    IdentityChange,
    Membership,
    Merge,
    OutboxEntry,
    PlannerDecision,
    ProductTouch,
    Refusal,
    Run,
    Span,
    SurfaceMessage,
    WaitingReport,
)

_DELETED: tuple[tuple[type[SQLModel], str], ...] = (
    (OutboxEntry, "customer_id"),
    (EventRecord, "customer_id"),
    (Identity, "customer_id"),
    (IdentityChange, "customer_id"),
    (IdentityChange, "other_id"),
    (Merge, "survivor_id"),
    (Merge, "gone_id"),
    (Address, "customer_id"),
    (ConsentRecord, "customer_id"),
    (ConsentStatement, "customer_id"),
    (Membership, "customer_id"),
    (CustomerFeatures, "customer_id"),
    (PlannerDecision, "customer_id"),
    (SurfaceMessage, "customer_id"),
    (EditLabel, "customer_id"),
    (ProductTouch, "customer_id"),
)
"""Tables whose rows of the customer go, and the column that names the customer; what points at others first."""

_EMPTIED: Mapping[type[SQLModel], Mapping[str, Any]] = {
    Approval: {
        "recipient": "", "message": {}, "content_hash": "", "basis": "", "reason": "", "findings": [],
        "decision_reason": "", "texts": {}, "grounds": {},
    },
    Delivery: {"provider_id": None, "content_hash": "", "reason": "", "findings": []},
    Action: {"given": {}, "result": {}, "reason": ""},
    Run: {"reason": ""},
    AuditEntry: {"evidence": {}},
}  # fmt: skip
"""Tables whose rows stay, to be counted, without what they say of the customer, whose id is then nobody's."""

_SEARCHED: tuple[tuple[type[SQLModel], str], ...] = (
    (Refusal, "raw"),
    (WaitingReport, "report"),
)
"""Texts that belong to no customer and may still name one; a row that names a trace goes."""

_NOBODY: Mapping[str, Any] = {
    "traits": {}, "time_zone": None, "time_zone_from": "", "locale": None, "locale_from": "", "said_at": None,
    "apart_from": [],
}  # fmt: skip
"""What is left of a customer's own row, beside the ids."""

_SHORTEST_WORD = 6
"""Characters from which on a trace is looked for wherever it stands; a shorter one only as a whole JSON string."""


async def begin_erasure(
    session: AsyncSession, customer_id: str, *, by: str, suppress_addresses: bool, at: datetime
) -> Erasure | None:
    """Make a customer unreachable and unknown: no event finds them any more, and the guard stops their runs.
    Whoever turned out to be this customer is erased with them.

    Gives the erasure, the earlier one if there is one; None when there is no such customer. `at` is UTC.
    """
    customer = await lock_customer(session, customer_id)
    if customer is None:
        gone = await find_customer(session, customer_id)
        return await session.get(Erasure, gone.id) if gone else None
    addresses = await addresses_of(session, customer.ids)
    erasure = Erasure(
        customer_id=customer.id,
        requested_at=at,
        requested_by=by,
        suppress=suppress_addresses,
        traces=await _traces(session, customer.ids, addresses),
        counts={},
    )
    session.add(erasure)
    for address in addresses:
        if suppress_addresses and address.kind in KINDS:
            await suppress(session, address.kind, address.value, "manual", f"erasure asked for by {by}", at)
    await session.exec(update(Customer).where(col(Customer.id).in_(customer.ids)).values(erased_at=at, **_NOBODY))
    session.add(_end_of_runs(customer.id, at))
    await session.flush()
    erasure.counts = await _delete(session, customer.ids, only=(Identity, Address, OutboxEntry))
    await _withdraw_approvals(session, customer.ids, at)
    _tell(session, erasure, "begun", at)
    return erasure


async def finish_erasure(session: AsyncSession, customer_id: str, at: datetime) -> Erasure:
    """Delete or empty every row of a customer, destroy their key, and complete the proof. Twice is as good as
    once. `at` is UTC."""
    erasure = await session.get(Erasure, customer_id, with_for_update=True)
    assert erasure is not None, "an erasure is begun before it is finished"
    if erasure.done_at is not None:
        return erasure
    customer = await session.get(Customer, customer_id)
    assert customer is not None, "a customer's row outlives the erasure"
    ids = customer.ids
    counts = _sum(erasure.counts, await _clear_spans(session, ids))
    counts = _sum(counts, await _delete(session, ids))
    counts = _sum(counts, await _empty(session, ids))
    counts = _sum(counts, await _delete_traces(session, erasure.traces))
    counts["keys destroyed"] = await destroy_keys(session, ids, at)
    erasure.counts, erasure.traces, erasure.done_at = counts, {}, at
    session.add(erasure)
    _tell(session, erasure, "done", at)
    return erasure


def _tell(session: AsyncSession, erasure: Erasure, what: str, at: datetime) -> None:
    facts = {"what": what, "suppress": erasure.suppress, "counts": erasure.counts}
    customer_id = erasure.customer_id
    record(
        session, "erasure", f"customer:{customer_id}", erasure.requested_by, facts, at=at, customer_id=customer_id
    )


def covered_columns() -> set[tuple[str, str]]:
    """The tables with rows of customers that an erasure sees to, each with the column that names the customer."""
    emptied = {(_name(table), "customer_id") for table in _EMPTIED}
    return emptied | {(_name(table), column) for table, column in _DELETED}


async def find_erasure(session: AsyncSession, customer_id: str) -> Erasure | None:
    return await session.get(Erasure, customer_id)


async def list_erasures(session: AsyncSession, number: int = 1) -> Page[Erasure]:
    """The erasures, the latest first."""
    return await read_page(session, select(Erasure).order_by(col(Erasure.requested_at).desc()), number)


async def unfinished_erasures(session: AsyncSession) -> Sequence[Erasure]:
    """The erasures that were begun and are not done, the oldest first."""
    query = select(Erasure).where(col(Erasure.done_at).is_(None)).order_by(col(Erasure.requested_at))
    return (await session.exec(query)).all()


async def count_ended_run(session: AsyncSession, customer_id: str, number: int) -> None:
    """Keep in the proof how many runs were still open."""
    erasure = await session.get(Erasure, customer_id, with_for_update=True)
    if erasure is not None and erasure.done_at is None:
        erasure.counts = {"runs ended": number} | erasure.counts
        session.add(erasure)


def _end_of_runs(customer_id: str, at: datetime) -> EventRecord:
    """The event that ends every run. It is not for the dispatcher: it must start nothing."""
    return EventRecord(
        id=f"erasure-{customer_id}",
        customer_id=customer_id,
        name=ERASED,
        properties={},
        occurred_at=at,
        received_at=at,
        traceparent="",
    )


async def _traces(session: AsyncSession, ids: Collection[str], addresses: Sequence[Address]) -> dict[str, Any]:
    """Every id and address of a customer, by kind."""
    identities = await ids_of(session, ids)
    traces: dict[str, Any] = {}
    for row in (*(row for rows in identities.values() for row in rows), *addresses):
        traces.setdefault(row.kind, []).append(row.value)
    return traces


async def _delete(
    session: AsyncSession, ids: Collection[str], only: Collection[type[SQLModel]] | None = None
) -> dict[str, int]:
    counts: dict[str, int] = {}
    for table, column in _DELETED:
        if only is None or table in only:
            gone = await session.exec(delete(table).where(col(getattr(table, column)).in_(ids)))
            counts = _sum(counts, {_name(table): gone.rowcount})
    return counts


async def _empty(session: AsyncSession, ids: Collection[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for table, nothing in _EMPTIED.items():
        mine = col(getattr(table, "customer_id")).in_(ids)  # noqa: B009 each of these tables has the column
        counts[_name(table)] = (await session.exec(update(table).where(mine).values(**nothing))).rowcount
    return counts


async def _clear_spans(session: AsyncSession, ids: Collection[str]) -> dict[str, int]:
    """Leave of the spans of the customer's runs what counts steps."""
    runs = select(Run.workflow_id).where(col(Run.customer_id).in_(ids))
    change = update(Span).where(col(Span.workflow_id).in_(runs)).values(detail="", attributes={}, links=[])
    return {_name(Span): (await session.exec(change)).rowcount}


async def _delete_traces(session: AsyncSession, traces: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Delete what names a customer without being known as theirs."""
    words = [word for values in traces.values() for value in values for word in _spellings(value)]
    counts: dict[str, int] = {}
    for table, column in _SEARCHED if words else ():
        text = func.lower(cast(getattr(table, column), String))
        named: list[ColumnElement[bool]] = [text.contains(word.lower(), autoescape=True) for word in words]
        counts[_name(table)] = (await session.exec(delete(table).where(or_(*named)))).rowcount
    return counts


def _spellings(value: str) -> set[str]:
    """A value as it may stand in a JSON text."""
    quoted = {json.dumps(value), json.dumps(value, ensure_ascii=False)}
    return quoted if len(value) < _SHORTEST_WORD else {word[1:-1] for word in quoted}


async def _withdraw_approvals(session: AsyncSession, ids: Collection[str], at: datetime) -> None:
    change = update(Approval).where(col(Approval.customer_id).in_(ids), col(Approval.state) == "open")
    change = change.values(state="withdrawn", decided_at=at, decision_reason="the customer was erased")
    withdrawn: Any = await session.exec(change.returning(Approval))
    for approval in withdrawn.scalars().all():
        tell_approval(session, approval, "withdrawn", "sojourn", at, None)


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def _name(table: type[SQLModel]) -> str:
    return typed(str, typed(Any, table).__tablename__)
