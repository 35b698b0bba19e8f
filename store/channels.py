"""How channels do: what keeps workers from sending over them, and what became of what they sent lately."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import ChannelPause, Delivery


async def put_pause(session: AsyncSession, pause: ChannelPause) -> None:
    """Say that a worker pauses a channel, in place of what it said of it before."""
    await session.merge(pause)


async def lift_pause(session: AsyncSession, channel: str, worker: str) -> None:
    """Say that a worker sends over a channel again."""
    await session.exec(
        delete(ChannelPause).where(col(ChannelPause.channel) == channel, col(ChannelPause.worker) == worker)
    )


async def list_pauses(session: AsyncSession, now: datetime) -> Sequence[ChannelPause]:
    """What is paused at `now`, the longest first. A pause that ran out counts no more: its worker may be gone."""
    query = select(ChannelPause).where(col(ChannelPause.until) > now).order_by(col(ChannelPause.until).desc())
    return (await session.exec(query)).all()


async def count_by_channel(session: AsyncSession, since: datetime) -> dict[str, dict[str, int]]:
    """How many messages were begun since a moment, by channel and state."""
    query = (
        select(Delivery.channel, Delivery.state, func.count())
        .where(col(Delivery.reserved_at) >= since)
        .group_by(col(Delivery.channel), col(Delivery.state))
    )
    found: dict[str, dict[str, int]] = {}
    for channel, state, count in (await session.exec(query)).all():
        found.setdefault(channel, {})[state] = count
    return found
