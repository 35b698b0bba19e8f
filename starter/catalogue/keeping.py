"""Keeps the catalogue beside the doors: counts what customers touch, and tells those who care what changed.

One process at a time does it, under a lock in the store. An event that is counted or told of again adds nothing.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.ids import event_traceparent
from learning.products import KINDS, Key, Kind, Touches, trend
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import Incoming, Who
from store.catalogue import (
    add_pairs,
    counts_of,
    events_to_fold,
    is_behind,
    keep_touches,
    lock_state,
    next_change,
    touches_of,
    who_cares,
)
from store.database import Database
from store.tables import EventRecord, ProductChange, ProductCount

CARES_FOR = timedelta(days=60)
"""How long after a look a customer hears of a product's price and stock."""
_AT_ONCE = 200
"""Events, and customers, in one transaction: others wait for it on SQLite."""
_POLL_S = 1.0
_RENEW_AFTER_S = 60.0
"""Counts change all the time: how often the processes that use them are told to look."""
_log = logging.getLogger(__name__)


async def keep_catalogue(database: Database, ingestion: Ingestion) -> None:
    """Go on until cancelled."""
    keeper = Keeper(database, ingestion)
    while True:
        try:
            busy = await keeper.work(datetime.now(UTC))
        except Exception:  # noqa: BLE001 the edge of the process: the database may be away; it is tried again
            _log.exception("the catalogue could not be kept")
            busy = False
        if not busy:
            await asyncio.sleep(_POLL_S)


class Keeper:
    """Does one piece of work at a time."""

    def __init__(self, database: Database, ingestion: Ingestion) -> None:
        self._database = database
        self._ingestion = ingestion
        self._renewed = float("-inf")

    async def work(self, now: datetime) -> bool:
        """Count a page of events, and tell a page of customers of the oldest change; gives whether there was
        anything to do. Those who look at a product before it changes hear of the change."""
        counted = await self.count()
        return await self.tell(now) or counted

    async def count(self) -> bool:
        """Fold the next events into what customers touch."""
        async with self._database.reading() as session:
            if not await is_behind(session):
                return False
        async with self._database.transaction() as session:
            state = await lock_state(session)
            rows, until = await events_to_fold(session, state, KINDS.keys(), _AT_ONCE)
            touched = await _fold(session, rows)
            if touched and time.monotonic() - self._renewed >= _RENEW_AFTER_S:
                state.revision, self._renewed = state.revision + 1, time.monotonic()
            state.seq = until
            session.add(state)
        return True

    async def tell(self, now: datetime) -> bool:
        """Tell the next customers of the change that waits longest."""
        async with self._database.reading() as session:
            change = await next_change(session)
            if change is None:
                return False
            care = await who_cares(session, change.product_id, now - CARES_FOR, change.told_to, _AT_ONCE)
        customers, last = care
        if customers:
            await self._ingestion.accept([_event(change, customer) for customer in customers], now=now)
        async with self._database.transaction() as session:
            kept = await session.get(ProductChange, change.id)
            if kept is not None and last:
                kept.told_to = max(kept.told_to, last)
                session.add(kept)
            elif kept is not None:
                await session.delete(kept)
        return True


async def _fold(session: AsyncSession, rows: Sequence[EventRecord]) -> bool:
    """Count events; gives whether any of them was new."""
    known: dict[str, dict[Key, int]] = {row.customer_id: {} for row in rows}
    for touch in await touches_of(session, known.keys()):
        kind: Kind = "bought" if touch.kind == "bought" else "viewed"
        earlier = known[touch.customer_id].get((touch.product_id, kind), 0)
        known[touch.customer_id][touch.product_id, kind] = max(earlier, int(touch.at.timestamp()))
    before = {customer: dict(touched) for customer, touched in known.items()}
    new = Touches()
    for row in rows:
        new.add(known[row.customer_id], row.name, row.properties, int(row.occurred_at.timestamp()))
    changed = [
        (customer, product, kind, datetime.fromtimestamp(at, UTC))
        for customer, touched in known.items()
        for (product, kind), at in touched.items()
        if before[customer].get((product, kind)) != at
    ]
    await keep_touches(session, changed)
    await add_pairs(session, ((*pair, customers) for pair, customers in new.pairs.items()))
    await _count(session, new)
    return bool(changed)


async def _count(session: AsyncSession, new: Touches) -> None:
    known = await counts_of(session, {product for product, _ in new.moments})
    for (product, kind), moments in new.moments.items():
        row = known.get((product, kind))
        weight, at, rank = trend((row.weight, row.at) if row else None, moments)
        customers = new.customers.get((product, kind), 0)
        if row is None:
            row = ProductCount(product_id=product, kind=kind, customers=0, weight=weight, at=at, rank=rank)
        row.customers, row.weight, row.at, row.rank = row.customers + customers, weight, at, rank
        session.add(row)


def _event(change: ProductChange, customer_id: str) -> Incoming:
    """The event that tells one customer of a change; told again it is the same."""
    told = f"{change.product_id}\n{change.event}\n{change.at.isoformat()}\n{customer_id}"
    event_id = f"catalogue_{hashlib.sha256(told.encode()).hexdigest()[:32]}"
    return Incoming(
        id=event_id,
        name=change.event,
        who=Who(customer_id=customer_id),
        at=change.at,
        properties=change.facts,
        traceparent=event_traceparent(event_id),
    )
