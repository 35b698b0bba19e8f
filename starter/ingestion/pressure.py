"""Back-pressure: when a sender is asked to come back later, so that nothing that was taken is ever dropped."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.database import Database
from store.outbox import backlog, waiting_since

_LOOK_EVERY = 1.0
"""Seconds for which a look at the outbox is good enough."""


class NotAccepted(Exception):
    """Nothing of the request was kept; the sender may try the same again after `retry_after` seconds.

    NotAccepted
    +-- Busy               more requests are under way than may
    +-- Backlogged         more events wait for Temporal than may, or for longer
    +-- StoreUnavailable   the database does not answer or is too busy
    """

    retry_after: int

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class Busy(NotAccepted):
    retry_after = 1


class Backlogged(NotAccepted):
    retry_after = 10


class StoreUnavailable(NotAccepted):
    retry_after = 2


@dataclass(frozen=True)
class Limits:
    """How much may be under way."""

    waiting: int = 100_000
    """Events that wait for Temporal."""
    behind: timedelta = timedelta(days=1)
    """How long the oldest of them has waited."""
    at_once: int = 256
    """Requests that this process reads and keeps at the same time."""


class Pressure:
    """How much is under way, held against its limits."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits
        self._under_way = 0
        self._waiting = 0
        self._since: datetime | None = None
        self._looked_at = float("-inf")

    @contextmanager
    def one_more(self) -> Generator[None]:
        """Room for one request, from before its body is read until it is answered. Raises Busy."""
        if self._under_way >= self._limits.at_once:
            raise Busy(f"{self._under_way} requests are under way; send the same again")
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def check(self, now: datetime) -> None:
        """Hold the outbox against its limits. Raises Backlogged."""
        looks_at = asyncio.get_running_loop().time()
        if looks_at - self._looked_at >= _LOOK_EVERY:
            self._looked_at = looks_at
            async with self._database.reading() as session:
                self._waiting = await backlog(session, self._limits.waiting)
                self._since = await waiting_since(session)
        if self._waiting >= self._limits.waiting:
            raise Backlogged(f"{self._waiting} events wait to be processed; send the same again later")
        if self._since is not None and now - self._since > self._limits.behind:
            since = f"{self._since:%Y-%m-%d %H:%M} UTC"
            raise Backlogged(f"events have waited since {since}; send the same again later")
