"""Accepts events: event, customer change and outbox row become durable in one transaction, or none does."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.events import OUTCOMES
from starter.ingestion.changes import apply_profiles
from starter.ingestion.incoming import Incoming
from starter.ingestion.recognition import recognise
from store.database import Database
from store.events import NewEvent, accepted_among, add_events, keep_refusals
from store.outbox import backlog
from store.outcomes import OutcomeFact, record_outcomes
from store.tables import Customer, Refusal

BACKLOG_LIMIT = 100_000
"""Events that may wait for Temporal before senders are asked to slow down."""

_COUNT_EVERY = 1.0
"""Seconds for which a count of the backlog is good enough."""
_ATTEMPTS = 5
_CONFLICTS = {"40001", "40P01"}
"""PostgreSQL's serialization failure and deadlock: the same transaction succeeds when tried again."""
_AWAY = ("08", "53", "57")
"""The classes of PostgreSQL's errors for no connection, no resources and a shutdown."""


class NotAccepted(Exception):
    """Nothing of the request was kept; the sender may try the same again after `retry_after` seconds.

    NotAccepted
    +-- Backlogged         more events wait for Temporal than may
    +-- StoreUnavailable   the database does not answer or is too busy
    """

    retry_after: int

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class Backlogged(NotAccepted):
    retry_after = 10


class StoreUnavailable(NotAccepted):
    retry_after = 2


@dataclass(frozen=True, slots=True)
class _Fresh:
    """An event seen for the first time, and its customer."""

    incoming: Incoming
    customer: Customer


class Ingestion:
    """The one way in for events, whatever door they came through."""

    def __init__(
        self,
        database: Database,
        channels: Sequence[str],
        accepted: Callable[[], None],
        backlog_limit: int = BACKLOG_LIMIT,
    ) -> None:
        """`channels` are those a consent to every channel means; `accepted` is called after each commit."""
        self._database = database
        self._channels = tuple(channels)
        self._accepted = accepted
        self._backlog_limit = backlog_limit
        self._backlog = 0
        self._counted_at = float("-inf")

    async def accept(self, events: Sequence[Incoming], refused: Sequence[Refusal] = ()) -> int:
        """Keep events in order, and what was refused beside them. Gives how many events were new.

        When it returns, all of it is durable. Raises NotAccepted, and then nothing was kept.
        """
        try:
            await self._hold_back()
            count = await self._keep(events, refused)
        except (SQLAlchemyError, OSError) as error:
            if not _is_away(error):
                raise
            raise StoreUnavailable("the database does not answer; send the same again") from error
        self._accepted()
        return count

    async def _hold_back(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._counted_at >= _COUNT_EVERY:
            self._counted_at = now
            async with self._database.reading() as session:
                self._backlog = await backlog(session, self._backlog_limit)
        if self._backlog >= self._backlog_limit:
            raise Backlogged(f"{self._backlog} events wait to be processed; send the same again later")

    async def _keep(self, events: Sequence[Incoming], refused: Sequence[Refusal]) -> int:
        for attempt in range(_ATTEMPTS):
            try:
                async with self._database.transaction() as session:
                    await keep_refusals(session, refused)
                    return await self._write(session, events)
            except DBAPIError as error:
                if not _may_succeed_again(error) or attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _write(self, session: AsyncSession, events: Sequence[Incoming]) -> int:
        now = datetime.now(UTC)
        once = list({event.id: event for event in reversed(events)}.values())[::-1]
        customers = await recognise(session, [event.who for event in once], now)
        # Asked only now: the locks on the customers make a sender's parallel retry wait for the first try.
        known = await accepted_among(session, [event.id for event in once])
        fresh = [
            _Fresh(event, customer)
            for event, customer in zip(once, customers, strict=True)
            if customer is not None and event.id not in known
        ]
        await apply_profiles(session, [(f.customer, f.incoming) for f in fresh], self._channels, now)
        await record_outcomes(session, [fact for f in fresh if (fact := _outcome(f))])
        await add_events(session, [_new_event(f, now) for f in fresh])
        return len(fresh)


def _may_succeed_again(error: DBAPIError) -> bool:
    return isinstance(error, IntegrityError) or _sqlstate(error) in _CONFLICTS


def _is_away(error: SQLAlchemyError | OSError) -> bool:
    """Whether the database is to blame. What is wrong with the data itself would be wrong for ever."""
    if isinstance(error, DBAPIError) and (_may_succeed_again(error) or _sqlstate(error).startswith(_AWAY)):
        return True
    return isinstance(error, OSError | OperationalError | InterfaceError | PoolTimeout)


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _new_event(fresh: _Fresh, received_at: datetime) -> NewEvent:
    event = fresh.incoming
    return NewEvent(
        id=event.id,
        customer_id=fresh.customer.id,
        name=event.name,
        properties=event.properties,
        occurred_at=event.at,
        received_at=received_at,
        traceparent=event.traceparent,
    )


def _outcome(fresh: _Fresh) -> OutcomeFact | None:
    event = fresh.incoming
    outcome, delivery_id = OUTCOMES.get(event.name), event.properties.get("delivery_id")
    if outcome is None or not isinstance(delivery_id, str):
        return None
    return OutcomeFact(delivery_id=delivery_id, customer_id=fresh.customer.id, outcome=outcome, at=event.at)


def ingestion_of(request: Request) -> Ingestion:
    """The ingestion of the application that serves this request."""
    return cast(Ingestion, request.app.state.ingestion)


EventsIn = Annotated[Ingestion, Depends(ingestion_of)]
