"""Customers: who the world's ids name, what is known of them, where they can be reached."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Address, Customer, Identity

KnownAs = tuple[str, str]
"""An id by which the world knows a customer: its kind, `user` or `anonymous`, and its value."""


async def lock_customer(session: AsyncSession, customer_id: str) -> Customer | None:
    """The customer, whom no other transaction changes until this one ends. On SQLite the transaction
    itself holds the one write lock, and this only reads."""
    return (await lock_customers(session, [customer_id])).get(customer_id)


async def lock_customers(session: AsyncSession, customer_ids: Iterable[str]) -> dict[str, Customer]:
    """Several customers, locked in the order of their ids, so that two transactions never wait in a circle."""
    query = (
        select(Customer)
        .where(col(Customer.id).in_(set(customer_ids)))
        .order_by(col(Customer.id))
        .with_for_update()
    )
    return {customer.id: customer for customer in (await session.exec(query)).all()}


async def find_customer(session: AsyncSession, customer_id: str) -> Customer | None:
    """One customer, as they are."""
    return await session.get(Customer, customer_id)


async def merge_traits(session: AsyncSession, customer_id: str, traits: dict[str, Any]) -> bool:
    """Set some traits of a customer; the others stay. Locks the customer, and gives whether there is one."""
    customer = await lock_customer(session, customer_id)
    if customer is not None:
        customer.traits = {**customer.traits, **traits}
        session.add(customer)
    return customer is not None


async def find_customers(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, Customer]:
    """Customers by id, as they are."""
    found = await session.exec(select(Customer).where(col(Customer.id).in_(customer_ids)))
    return {customer.id: customer for customer in found.all()}


async def next_customers(session: AsyncSession, after: str, limit: int) -> list[Customer]:
    """The customers that come after an id, in the order of their ids; after the empty one come all."""
    query = select(Customer).where(col(Customer.id) > after).order_by(col(Customer.id)).limit(limit)
    return list((await session.exec(query)).all())


async def owners_of(session: AsyncSession, known_as: Collection[KnownAs]) -> dict[KnownAs, str]:
    """The customer ids of those of the world's ids that have an owner."""
    by_kind = [
        and_(col(Identity.kind) == kind, col(Identity.value).in_([v for k, v in known_as if k == kind]))
        for kind in sorted({kind for kind, _ in known_as})
    ]
    if not by_kind:
        return {}
    found = await session.exec(select(Identity).where(or_(*by_kind)))
    return {(identity.kind, identity.value): identity.customer_id for identity in found.all()}


async def with_user_id(session: AsyncSession, customer_ids: Collection[str]) -> set[str]:
    """Those of the customers who have a user id."""
    query = select(Identity.customer_id).where(
        col(Identity.kind) == "user", col(Identity.customer_id).in_(customer_ids)
    )
    return set((await session.exec(query)).all())


async def addresses_of(session: AsyncSession, customer_ids: Collection[str]) -> list[Address]:
    """Every address of some customers, dead ones too."""
    query = select(Address).where(col(Address.customer_id).in_(customer_ids))
    return list((await session.exec(query)).all())


async def holders_of(session: AsyncSession, kind: str, values: Collection[str]) -> list[Address]:
    """The live addresses with one of the values, whoever's they are."""
    query = select(Address).where(
        col(Address.kind) == kind, col(Address.value).in_(values), col(Address.active).is_(True)
    )
    return list((await session.exec(query)).all())


def scope_of(customer: Customer) -> dict[str, Any]:
    """The customer as conditions see it: the traits, and beside them `id`, `time_zone` and `locale`."""
    return {
        **customer.traits,
        "id": customer.id,
        "time_zone": customer.time_zone or "",
        "locale": customer.locale or "",
    }
