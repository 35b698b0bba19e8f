"""Leases: which process does a job that only one may do at a time."""

from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Lease


async def take_lease(session: AsyncSession, name: str, owner: str, now: datetime, ttl: timedelta) -> bool:
    """Take or renew a lease until `now + ttl`. False when another owner holds it still.

    One statement, so that of several processes that try at once exactly one succeeds.
    """
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    wanted = {"owner": owner, "until": now + ttl}
    statement = (
        insert(Lease)
        .values(name=name, **wanted)
        .on_conflict_do_update(
            index_elements=["name"],
            set_=wanted,
            where=(col(Lease.owner) == owner) | (col(Lease.until) <= now),
        )
    )
    return (await session.exec(statement)).rowcount == 1


async def release_lease(session: AsyncSession, name: str, owner: str) -> None:
    """Give a lease up, so that another process need not wait for its end."""
    await session.exec(delete(Lease).where(col(Lease.name) == name, col(Lease.owner) == owner))
