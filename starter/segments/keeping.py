"""Keeps segments right without events: counts who was there before a definition, and looks at whom time moves.

Any number of processes may do it at once: customers are locked while they are looked at, and whoever comes
second finds nothing left to do.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.conditions import names_segment
from journeys.segments import conditions_of, version_of
from starter.segments.membership import Conditions, Look, Looked
from starter.services import Services
from store.customers import lock_customers, next_customers
from store.database import Database
from store.events import add_events
from store.features import feature_rows
from store.segments import define, due_customers, to_count

PAGE = 200
"""Customers who are looked at in one transaction."""
_POLL = 0.5
_log = logging.getLogger(__name__)


async def keep_segments(services: Services, told: Callable[[], None]) -> None:
    """Go on until cancelled. `told` is called when events were added that wait for delivery."""
    keeper = Keeper(services)
    while True:
        try:
            busy = await keeper.work(datetime.now(UTC), told)
        except Exception:  # noqa: BLE001 the edge of the process: the database may be away; it is tried again
            _log.exception("segments could not be kept")
            busy = False
        if not busy:
            await asyncio.sleep(_POLL)


class Keeper:
    """Does one piece of work at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._defined: Conditions | None = None
        self._counting = True

    async def work(self, now: datetime, told: Callable[[], None]) -> bool:
        """Take up new definitions, count the next customers by them, and look at those who are due. Gives whether
        there is more to do at once."""
        conditions = segments_of(self._services)
        if conditions != self._defined:
            await publish_segments(self._services, now)
            self._defined, self._counting = conditions, True
        if not conditions:
            return False
        if self._counting:
            self._counting = await count_page(self._services.database, conditions, now)
        looked_at = await look_at_due(self._services.database, conditions, now)
        if looked_at:
            told()
        return self._counting or looked_at == PAGE


def segments_of(services: Services) -> Conditions:
    """By name, who is in each segment of the project as it is loaded now."""
    return conditions_of(services.segments, services.journeys.values())


async def publish_segments(services: Services, now: datetime) -> None:
    """Let the store know how segments are defined; `now` is UTC."""
    for journey in services.journeys.values():
        segment = journey.start.segment
        if segment and names_segment(segment) and segment not in services.segments:
            _log.warning("%s never starts: segments.yaml has no segment '%s'", journey.journey, segment)
    defined = {name: (condition, version_of(condition)) for name, condition in segments_of(services).items()}
    async with services.database.transaction() as session:
        await define(session, defined, now)


async def count_page(database: Database, conditions: Conditions, now: datetime, page: int = PAGE) -> bool:
    """Look at the next customers by the definitions that they have not been looked at by. Being in a segment when
    it is defined is no news. Gives whether there are more."""
    async with database.transaction() as session:
        records = [record for record in await to_count(session) if record.name in conditions]
        if not records:
            return False
        after = min(record.counted_to for record in records)
        found = [customer.id for customer in await next_customers(session, after, page)]
        await _look(session, conditions, found, now)
        for record in records:
            if record.counted_to == after:
                record.counted_to = found[-1] if found else after
                record.counted = len(found) < page
                session.add(record)
        return True


async def look_at_due(database: Database, conditions: Conditions, now: datetime, page: int = PAGE) -> int:
    """Look at a page of the customers whose segments may have changed by now, and give how many there were."""
    async with database.reading() as session:
        due = await due_customers(session, now, page)
    if due:
        async with database.transaction() as session:
            await _look(session, conditions, due, now, only_due=True)
    return len(due)


async def _look(
    session: AsyncSession, conditions: Conditions, ids: list[str], now: datetime, *, only_due: bool = False
) -> None:
    customers = {customer.id: customer for customer in (await lock_customers(session, ids)).values()}
    # Read only now: whoever held the locks before may have looked at them already.
    rows = await feature_rows(session, customers.keys())
    if only_due:
        rows = {owner: row for owner, row in rows.items() if row.look_at is not None and row.look_at <= now}
    meant = [customer for owner, customer in customers.items() if owner in rows or not only_due]
    events = await Look(session, conditions, now).at([Looked(c, rows.get(c.id)) for c in meant])
    await session.flush()
    await add_events(session, events)
