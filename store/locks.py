"""Turns that transactions take, where what they count or replace has no row yet that they could lock."""

from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def take_turn(session: AsyncSession, what: str) -> None:
    """Let no other transaction take its turn at the same thing until this one ends. On SQLite the transaction
    itself holds the one write lock."""
    if session.get_bind().dialect.name == "postgresql":
        await session.exec(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))
