"""How much was sent of late, and how it was received: what breakers and alarms go by."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.ledger import NEVER_LEFT, given_by_journey
from store.outcomes import RANK, TAKEN
from store.runs import count_starts
from store.tables import Delivery


async def channel_health(session: AsyncSession, channel: str, since: datetime) -> tuple[int, int, int]:
    """Of the marketing messages over a channel since a moment: how many reached a server that took or returned
    them, how many of those bounced, and how many were complained about."""
    query = (
        select(Delivery.state, func.count())
        .where(
            col(Delivery.channel) == channel,
            col(Delivery.reserved_at) > since,
            col(Delivery.purpose) == "marketing",
        )
        .group_by(col(Delivery.state))
    )
    counts = dict((await session.exec(query)).all())
    left = sum(count for state, count in counts.items() if RANK[state] >= TAKEN)
    return left, counts.get("bounced", 0), counts.get("complained", 0)


async def daily_spending(
    session: AsyncSession, journey: str, now: datetime, days: int
) -> dict[str, tuple[float, ...]]:
    """By currency, how much a journey's business actions gave on each of the last days, each of 24 hours, the
    present one last."""
    since = [await given_by_journey(session, journey, now - timedelta(days=ago + 1)) for ago in range(days)]
    return {currency: _each_day([gave.get(currency, 0.0) for gave in since]) for currency in since[-1]}


def _each_day(since: Sequence[float]) -> tuple[float, ...]:
    """What each day brought, the present one last, from the sums since the present day began, the one before..."""
    # Sums of binary fractions are not exact: a difference of nothing would count as a day.
    return tuple(round(longer - shorter, 6) for shorter, longer in pairwise((0.0, *since)))[::-1]


async def daily_volumes(session: AsyncSession, journey: str, now: datetime, days: int) -> tuple[int, ...]:
    """How many messages of a journey left on each of the last days, each of 24 hours, the present one last."""
    counts: list[int] = []
    for end in _ends(now, days):
        query = select(func.count()).where(
            col(Delivery.journey) == journey,
            col(Delivery.reserved_at) > end - timedelta(days=1),
            col(Delivery.reserved_at) <= end,
            col(Delivery.state).not_in(NEVER_LEFT),
        )
        counts.append((await session.exec(query)).one())
    return tuple(counts)


async def daily_starts(session: AsyncSession, journey: str, now: datetime, days: int) -> tuple[int, ...]:
    """How many runs of a journey began on each of the last days, likewise. Those kept back did not."""
    began = [await count_starts(session, journey, end - timedelta(days=1), end) for end in _ends(now, days)]
    return tuple(began)


def _ends(now: datetime, days: int) -> list[datetime]:
    return [now - timedelta(days=ago) for ago in range(days - 1, -1, -1)]
