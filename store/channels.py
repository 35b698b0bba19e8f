"""How channels do: what keeps workers from sending over them, who shares them, what became of what they sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import ChannelPause, Delivery, SendingWorker


async def put_pause(session: AsyncSession, pause: ChannelPause) -> None:
    """Say that a channel is paused. One that was so before stays so since then, and for the longer time."""
    before = await session.get(ChannelPause, pause.channel, with_for_update=True)
    if before is not None:
        pause.since, pause.until = before.since, max(before.until, pause.until)
    await session.merge(pause)


async def lift_pause(session: AsyncSession, channel: str) -> None:
    """Say that a channel is sent over again."""
    await session.exec(delete(ChannelPause).where(col(ChannelPause.channel) == channel))


async def list_pauses(session: AsyncSession) -> Sequence[ChannelPause]:
    """What is paused, and what was until no message has yet got through again. The longest first."""
    return (await session.exec(select(ChannelPause).order_by(col(ChannelPause.until).desc()))).all()


async def claim_trial(
    session: AsyncSession, channel: str, now: datetime, patience: timedelta
) -> Literal["mine", "another's", "not paused"]:
    """Ask to be the one message that tries a channel after its pause. Whose trial nothing was heard of for
    `patience` loses it to the next."""
    pause = await session.get(ChannelPause, channel, with_for_update=True)
    if pause is None:
        return "not paused"
    if pause.tried_at is not None and now - pause.tried_at < patience:
        return "another's"
    pause.tried_at = now
    session.add(pause)
    return "mine"


async def count_workers(session: AsyncSession, since: datetime) -> int:
    """How many workers said since a moment that they are there."""
    query = select(func.count()).where(col(SendingWorker.seen_at) >= since)
    return (await session.exec(query)).one()


async def note_worker(session: AsyncSession, worker: str, now: datetime, forget: datetime) -> None:
    """Say that a worker is there, and forget those that have not been since `forget`."""
    await session.merge(SendingWorker(worker=worker, seen_at=now))
    await session.flush()
    await session.exec(delete(SendingWorker).where(col(SendingWorker.seen_at) < forget))


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
