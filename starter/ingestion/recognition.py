"""Whom an event is about: the customer behind the ids that the world uses.

The rule is simple and never joins two customers. A user id names one customer for ever. An anonymous id
belongs to the customer it was first seen with, and a visitor who then tells who they are stays the same
customer. Two users of one device stay two.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from starter.ingestion.incoming import Who
from store.customers import KnownAs, lock_customers, owners_of, with_user_id
from store.tables import Customer, Identity


async def recognise(session: AsyncSession, whom: Sequence[Who], now: datetime) -> list[Customer | None]:
    """The customer of each, in order, made where none is known yet, and locked until the transaction ends.

    None for a customer of our own links who no longer exists. Raises sqlalchemy.exc.IntegrityError when
    another transaction claimed one of the ids at the same time: then try again.
    """
    owners = await owners_of(session, {known for who in whom for known in who.known_as})
    book = _Book(owners, await with_user_id(session, set(owners.values())))
    ids = [book.customer_of(who) for who in whom]
    customers = await lock_customers(session, set(ids) - book.created)
    for customer_id in book.created:
        customers[customer_id] = Customer(id=customer_id, traits={}, created_at=now)
        session.add(customers[customer_id])
    # The ids point at customers, who must be there first.
    await session.flush()
    session.add_all(
        Identity(kind=kind, value=value, customer_id=owner) for (kind, value), owner in book.claimed.items()
    )
    await session.flush()
    return [customers.get(customer_id) for customer_id in ids]


class _Book:
    """Who owns which id, while a batch is read in order."""

    def __init__(self, owners: dict[KnownAs, str], users: set[str]) -> None:
        self._owners = owners
        self._users = users
        self.created: set[str] = set()
        self.claimed: dict[KnownAs, str] = {}

    def customer_of(self, who: Who) -> str:
        if who.customer_id:
            return who.customer_id
        owner = self._known(who) or self._create()
        for known in who.known_as:
            if known not in self._owners:
                self._owners[known] = self.claimed[known] = owner
        if who.user_id:
            self._users.add(owner)
        return owner

    def _known(self, who: Who) -> str | None:
        user, visitor = (
            self._owners.get(("user", who.user_id)),
            self._owners.get(("anonymous", who.anonymous_id)),
        )
        if user or not who.user_id:
            return user or visitor
        # A device that is another user's already does not make this user the same person.
        return visitor if visitor not in self._users else None

    def _create(self) -> str:
        customer_id = f"c_{secrets.token_hex(10)}"
        self.created.add(customer_id)
        return customer_id
