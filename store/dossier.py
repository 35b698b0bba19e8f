"""Everything that is known of one customer, as the doors to customers read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement
from sqlmodel import SQLModel, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from store.paging import PAGE_SIZE, Page, read_page
from store.tables import (
    Action,
    Address,
    Approval,
    ConsentRecord,
    ConsentStatement,
    Customer,
    Delivery,
    EventRecord,
    Identity,
    Membership,
    Run,
    Span,
    SurfaceMessage,
)

Row = TypeVar("Row", bound=SQLModel)

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


async def search_customers(
    session: AsyncSession, named: str = "", number: int = 1, size: int = PAGE_SIZE
) -> Page[Customer]:
    """Customers, the newest first: all, or those whom an id or an address names. The id is any that the world
    uses, whole; a mail address counts in whatever case."""
    query = select(Customer).where(col(Customer.erased_at).is_(None))
    if named:
        query = query.where(_is_named(named.strip()))
    newest = query.order_by(col(Customer.created_at).desc(), col(Customer.id))
    return await read_page(session, newest, number, size)


async def identities_of(session: AsyncSession, customer_id: str) -> Sequence[Identity]:
    """The ids by which the world knows a customer."""
    query = select(Identity).where(col(Identity.customer_id) == customer_id)
    return (await session.exec(query.order_by(col(Identity.kind), col(Identity.value)))).all()


async def identities_of_all(session: AsyncSession, customer_ids: Sequence[str]) -> dict[str, list[Identity]]:
    """The ids of several customers, by customer."""
    query = select(Identity).where(col(Identity.customer_id).in_(customer_ids))
    found: dict[str, list[Identity]] = {customer_id: [] for customer_id in customer_ids}
    for row in (await session.exec(query.order_by(col(Identity.kind), col(Identity.value)))).all():
        found[row.customer_id].append(row)
    return found


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


async def holdings(session: AsyncSession, customer_id: str) -> dict[str, list[SQLModel]]:
    """What the store keeps beside what happened, by table."""
    tables: dict[str, type[SQLModel]] = {
        "identities": Identity,
        "addresses": Address,
        "consents": ConsentRecord,
        "memberships": Membership,
        "surface_messages": SurfaceMessage,
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


def _is_named(named: str) -> ColumnElement[bool]:
    """Whether one of the ids or addresses of a customer is exactly this."""
    by_identity = select(Identity.customer_id).where(col(Identity.value) == named)
    by_address = select(Address.customer_id).where(
        or_(col(Address.value) == named, col(Address.value) == named.lower())
    )
    return or_(col(Customer.id) == named, col(Customer.id).in_(by_identity), col(Customer.id).in_(by_address))
