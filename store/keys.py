"""The customers' keys, each wrapped by a master key: kept once, rewrapped at will, destroyed for good."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import CustomerKey


async def find_key(session: AsyncSession, owner: str) -> CustomerKey | None:
    """The key of a customer; its `wrapped` is empty when it was destroyed."""
    return await session.get(CustomerKey, owner)


async def keep_key(session: AsyncSession, key: CustomerKey) -> None:
    """Keep a new key. Raises sqlalchemy.exc.IntegrityError when its owner has one, or had one."""
    session.add(key)
    await session.flush()


async def destroy_keys(session: AsyncSession, owners: Collection[str], at: datetime) -> int:
    """Destroy the keys of some customers, and give how many there were. `at` is UTC.

    An owner without a key gets a destroyed one, so that none is made later.
    """
    query = select(CustomerKey).where(col(CustomerKey.owner).in_(owners)).with_for_update()
    found = {key.owner: key for key in (await session.exec(query)).all()}
    for owner in owners:
        key = found.get(owner) or CustomerKey(owner=owner, created_at=at)
        if key.destroyed_at is None:
            key.wrapped, key.master, key.destroyed_at = b"", "", at
            session.add(key)
    await session.flush()
    return len(found)


async def keys_not_under(session: AsyncSession, master: str, limit: int) -> Sequence[CustomerKey]:
    """Some of the keys that another master key wraps, locked until the transaction ends."""
    query = (
        select(CustomerKey)
        .where(col(CustomerKey.destroyed_at).is_(None), col(CustomerKey.master) != master)
        .order_by(col(CustomerKey.owner))
        .limit(limit)
    )
    return (await session.exec(query.with_for_update())).all()


async def rewrap(session: AsyncSession, owner: str, wrapped: bytes, master: str) -> None:
    """Keep a key under another master key."""
    change = update(CustomerKey).where(col(CustomerKey.owner) == owner)
    await session.exec(change.values(wrapped=wrapped, master=master))
