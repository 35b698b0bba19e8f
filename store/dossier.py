"""Everything that is known of one customer, as the doors to customers read it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from store.digests import digest, read_digest
from store.paging import PAGE_SIZE, Page, read_page
from store.suppressions import KINDS
from store.tables import (
    Action,
    Address,
    Approval,
    ConsentRecord,
    ConsentStatement,
    Customer,
    Delivery,
    EditLabel,
    EventRecord,
    Identity,
    IdentityChange,
    Membership,
    PlannerDecision,
    ProductTouch,
    Run,
    Span,
    SurfaceMessage,
)

Row = TypeVar("Row", bound=SQLModel)

_ADDRESSES = ("email", "phone", "push_token", "web_push", "whatsapp_user_id")
_THERE = (col(Customer.erased_at).is_(None), col(Customer.merged_into).is_(None))
_DECISIONS = ("decide", "branch", "split", "agent")
"""Kinds of step that choose a way."""


@dataclass(frozen=True)
class Happenings:
    """The latest of what happened to a customer, of each kind, the latest first."""

    events: Sequence[EventRecord]
    runs: Sequence[Run]
    deliveries: Sequence[Delivery]
    actions: Sequence[Action]
    approvals: Sequence[Approval]
    decisions: Sequence[Span]
    statements: Sequence[ConsentStatement]


async def list_customers(session: AsyncSession, number: int = 1, size: int = PAGE_SIZE) -> Page[Customer]:
    """Customers, the newest first."""
    query = select(Customer).where(*_THERE).order_by(col(Customer.created_at).desc(), col(Customer.id))
    return await read_page(session, query, number, size)


async def customers_named(
    session: AsyncSession, named: str, kinds: Collection[str], number: int = 1, size: int = PAGE_SIZE
) -> Page[Customer]:
    """The customers whom an id of one of the kinds, or an address, names; the newest first. It is given whole; a
    mail address counts in whatever case. One that was theirs before a merge names who they are now."""
    values = {named, *(digest(kind, named) for kind in KINDS), read_digest(named) or named}
    by_identity = select(Identity.customer_id).where(
        col(Identity.kind).in_(kinds), col(Identity.value).in_(values)
    )
    by_address = select(Address.customer_id).where(
        col(Address.kind).in_(_ADDRESSES), col(Address.value).in_({named, named.lower()})
    )
    meant = select(func.coalesce(Customer.merged_into, Customer.id)).where(
        or_(col(Customer.id) == named, col(Customer.id).in_(by_identity), col(Customer.id).in_(by_address))
    )
    query = select(Customer).where(col(Customer.id).in_(meant), *_THERE)
    return await read_page(
        session, query.order_by(col(Customer.created_at).desc(), col(Customer.id)), number, size
    )


async def happenings(session: AsyncSession, customer_id: str, most: int | None) -> Happenings:
    """What happened to a customer; `most` of each kind, or all of it when that is None."""
    runs = select(Run.workflow_id).where(col(Run.customer_id) == customer_id)
    decided = select(Span).where(col(Span.workflow_id).in_(runs), col(Span.kind).in_(_DECISIONS))
    return Happenings(
        events=await _latest(session, _of(EventRecord, customer_id).order_by(col(EventRecord.seq).desc()), most),
        runs=await _latest(session, _of(Run, customer_id).order_by(col(Run.started_at).desc()), most),
        deliveries=await _latest(
            session, _of(Delivery, customer_id).order_by(col(Delivery.reserved_at).desc()), most
        ),
        actions=await _latest(session, _of(Action, customer_id).order_by(col(Action.reserved_at).desc()), most),
        approvals=await _latest(
            session, _of(Approval, customer_id).order_by(col(Approval.requested_at).desc()), most
        ),
        decisions=await _latest(session, decided.order_by(col(Span.ended_at).desc()), most),
        statements=await _latest(
            session, _of(ConsentStatement, customer_id).order_by(col(ConsentStatement.at).desc()), most
        ),
    )


async def latest_events(
    session: AsyncSession, customer_id: str, name: str = "", most: int = 50
) -> Sequence[EventRecord]:
    """A customer's last events, the latest first; of one name, when given."""
    query = _of(EventRecord, customer_id)
    if name:
        query = query.where(col(EventRecord.name) == name)
    return await _latest(session, query.order_by(col(EventRecord.seq).desc()), most)


async def withheld(session: AsyncSession, customer_id: str, journey: str, most: int) -> Sequence[Span]:
    """The messages that did not leave, and those that waited: the steps and what the guard said, the latest
    first; of one journey only when it is given."""
    runs = select(Run.workflow_id).where(col(Run.customer_id) == customer_id)
    if journey:
        runs = runs.where(col(Run.journey) == journey)
    query = select(Span).where(
        col(Span.workflow_id).in_(runs),
        col(Span.kind).in_(("send", "internal")),
        col(Span.outcome).not_in(("sent", "allowed")),
    )
    return await _latest(session, query.order_by(col(Span.ended_at).desc()), most)


async def holdings(session: AsyncSession, customer_id: str) -> dict[str, list[SQLModel]]:
    """What the store keeps beside what happened, by table."""
    tables: dict[str, type[SQLModel]] = {
        "identities": Identity,
        "addresses": Address,
        "consents": ConsentRecord,
        "memberships": Membership,
        "surface_messages": SurfaceMessage,
        "planner_decisions": PlannerDecision,
        "product_touches": ProductTouch,
        "identity_changes": IdentityChange,
        "edit_labels": EditLabel,
    }
    return {name: list(await _latest(session, _of(table, customer_id), None)) for name, table in tables.items()}


async def spans_of_customer(session: AsyncSession, customer_id: str) -> Sequence[Span]:
    """Every span of every run of a customer, in the order they began."""
    runs = select(Run.workflow_id).where(col(Run.customer_id) == customer_id)
    query = select(Span).where(col(Span.workflow_id).in_(runs))
    return (await session.exec(query.order_by(col(Span.started_at), col(Span.span_id)))).all()


def _of(table: type[Row], customer_id: str) -> SelectOfScalar[Row]:
    return select(table).where(col(getattr(table, "customer_id")) == customer_id)  # noqa: B009 each has the column


async def _latest(session: AsyncSession, query: SelectOfScalar[Row], most: int | None) -> Sequence[Row]:
    return (await session.exec(query if most is None else query.limit(most))).all()
