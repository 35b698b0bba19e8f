"""Customers: what is known of them, where they can be reached."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Address, Customer

REPLACED = "replaced"
"""Why an address is inactive that its customer changed: it comes back to life when they change it back."""


async def lock_customer(session: AsyncSession, customer_id: str) -> Customer | None:
    """The customer, whom no other transaction changes until this one ends; of one who was merged, the one
    they turned out to be. On SQLite the transaction itself holds the one write lock, and this only reads."""
    return (await lock_customers(session, [customer_id])).get(customer_id)


async def lock_customers(session: AsyncSession, customer_ids: Iterable[str]) -> dict[str, Customer]:
    """By the ids given, the customers, locked in the order of their own ids, so that two transactions never
    wait in a circle. One who was merged is the one they turned out to be; who is gone
    or was erased is left out."""
    wanted = set(customer_ids)
    if not wanted:
        return {}
    # They are read anew, as another transaction may have changed them: what this one changed must not be lost.
    await session.flush()
    meant = select(func.coalesce(Customer.merged_into, Customer.id)).where(col(Customer.id).in_(wanted))
    query = (
        select(Customer)
        .where(col(Customer.id).in_(meant), col(Customer.erased_at).is_(None))
        .order_by(col(Customer.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = (await session.exec(query)).all()
    if any(customer.merged_into for customer in found):
        # Merged while this waited for the lock: ask again, whom they turned out to be.
        return await lock_customers(session, wanted)
    return {known: customer for customer in found for known in customer.ids if known in wanted}


async def find_customer(session: AsyncSession, customer_id: str) -> Customer | None:
    """One customer, as they are; of one who was merged, the one they turned out to be."""
    customer = await session.get(Customer, customer_id)
    return await session.get(Customer, customer.merged_into) if customer and customer.merged_into else customer


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
    """The customers that come after an id, in the order of their ids; after the empty one come all.
    Who was merged or erased is left out."""
    live = select(Customer).where(col(Customer.merged_into).is_(None), col(Customer.erased_at).is_(None))
    query = live.where(col(Customer.id) > after).order_by(col(Customer.id)).limit(limit)
    return list((await session.exec(query)).all())


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
