"""Delivers the outbox to Temporal: in order for each customer, many customers at a time.

It sleeps until ingestion wakes it, and looks at the outbox by itself as well, for what another process accepted.
Of several processes one leads at a time, by a lease. Temporal may be away: nothing is lost, it is tried again.
"""

import asyncio
import logging
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import groupby

from journeys.requests import NOT_STARTED, EndedRun
from starter.dispatch.admission import could_start
from starter.dispatch.courier import Courier
from starter.dispatch.launch import Launcher
from starter.dispatch.patience import Pause, backoff, judge
from starter.leadership import Leadership
from starter.services import Services
from store.customers import find_customers
from store.events import as_event, find_events
from store.outbox import bury, due_entries, postpone, remove_entries
from store.requests import tell_end
from store.runs import forget_starts, open_runs
from store.tables import Customer, EventRecord, OutboxEntry, Run

POLL = 0.25
"""Seconds after which the outbox is looked at without having been woken."""
LANES = 32
"""Customers who are served at the same time."""
_READ_AHEAD = 500

_log = logging.getLogger(__name__)


class Dispatcher:
    """One background task of the process. `run` goes on until it is cancelled."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._launcher = Launcher(services)
        self._leadership = Leadership(services.database, "dispatcher", owner=secrets.token_hex(8))
        self._woken = asyncio.Event()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._pause = Pause()

    def wake(self) -> None:
        """There may be something to deliver now."""
        self._woken.set()

    @property
    def leads(self) -> bool:
        """Whether it is this process that delivers, of those that could."""
        return self._leadership.holds()

    @property
    def busy(self) -> frozenset[str]:
        """The ids of the customers who are served now."""
        return frozenset(self._lanes)

    async def run(self) -> None:
        """Deliver until cancelled. Whatever is under way then is done again by whoever leads next."""
        try:
            while True:
                self._woken.clear()
                await self._fill_lanes_safely()
                await _wait(self._woken, POLL)
        finally:
            for lane in self._lanes.values():
                lane.cancel()
            await asyncio.gather(*self._lanes.values(), return_exceptions=True)
            await self._leadership.resign()

    async def _fill_lanes_safely(self) -> None:
        try:
            if not self._pause.lasts() and await self._leadership.hold():
                await self._fill_lanes()
        except Exception:  # noqa: BLE001 the edge of the process: the database may be away; it is tried again
            _log.exception("the outbox could not be read")

    async def _fill_lanes(self) -> None:
        """Give every free lane a customer with events to deliver, and settle at once what concerns no run."""
        database, free = self._services.database, LANES - len(self._lanes)
        if free <= 0:
            return
        # A lane that ends while the outbox is read has delivered what this still finds there.
        busy = self.busy
        async with database.reading() as session:
            due = await due_entries(session, datetime.now(UTC), busy, _READ_AHEAD)
            if not due:
                return
            records = {r.seq: r for r in await find_events(session, [entry.seq for entry in due])}
            customers = await find_customers(session, {entry.customer_id for entry in due})
            runs = await open_runs(session, customers.keys())
        idle: list[OutboxEntry] = []
        for customer_id, entries in _by_customer(due):
            if waits_for_another_lane(customers[customer_id], busy):
                continue
            own_runs = [run for run in runs if run.customer_id == customer_id]
            if not own_runs and not self._may_start_something([records[entry.seq] for entry in entries]):
                idle += entries
            elif len(self._lanes) < LANES:
                work = [(entry, records[entry.seq]) for entry in entries]
                self._open_lane(customers[customer_id], own_runs, work)
        if idle:
            async with database.transaction() as session:
                await remove_entries(session, [entry.seq for entry in idle])
        if len(due) == _READ_AHEAD:
            self.wake()

    def _may_start_something(self, records: Collection[EventRecord]) -> bool:
        names = {record.name for record in records}
        journeys = self._services.journeys.values()
        return any(could_start(journey, name) for journey in journeys for name in names)

    def _open_lane(
        self, customer: Customer, runs: list[Run], work: Sequence[tuple[OutboxEntry, EventRecord]]
    ) -> None:
        def close(lane: asyncio.Task[None]) -> None:
            del self._lanes[customer.id]
            if not lane.cancelled() and (error := lane.exception()):
                _log.error("the events of a customer could not be delivered", exc_info=error)
            self.wake()

        lane = asyncio.create_task(self._serve(customer, runs, work))
        self._lanes[customer.id] = lane
        lane.add_done_callback(close)

    async def _serve(
        self, customer: Customer, runs: list[Run], work: Sequence[tuple[OutboxEntry, EventRecord]]
    ) -> None:
        """Deliver one customer's events in order, up to the first that must be tried again later."""
        courier = Courier(self._services, self._launcher, customer, runs)
        for entry, record in work:
            if self._pause.lasts() or not self.leads:
                return
            try:
                await courier.carry(as_event(record))
            except Exception as error:  # noqa: BLE001 one event must not keep the other customers waiting
                if not await self._put_off(entry, record, error):
                    return
            else:
                self._pause.end()

    async def _put_off(self, entry: OutboxEntry, record: EventRecord, error: Exception) -> bool:
        """Decide when an event is tried again. Gives whether the customer's next event may go on."""
        trouble, reason = judge(error, entry.attempts), f"{type(error).__name__}: {error}"
        if trouble == "away":
            self._pause.begin()
            _log.warning("Temporal is away: %s", error)
            return False
        _log.warning("event %s could not be delivered (%s): %s", entry.seq, trouble, reason)
        async with self._services.database.transaction() as session:
            if trouble == "hopeless":
                ended = EndedRun(outcome=NOT_STARTED, reason=reason)
                await tell_end(session, entry.customer_id, as_event(record), ended, record.occurred_at)
                await bury(session, entry.seq, reason)
                await forget_starts(session, entry.seq)
            else:
                await postpone(session, entry.seq, reason, datetime.now(UTC) + backoff(entry.attempts))
        return trouble == "hopeless"


def waits_for_another_lane(customer: Customer, busy: Collection[str]) -> bool:
    """Whether a merge is under way: someone who turned out to be this customer is served still, or this one has
    turned out to be another since the outbox was read."""
    return customer.merged_into is not None or any(known in busy for known in customer.absorbed)


def _by_customer(entries: Sequence[OutboxEntry]) -> list[tuple[str, list[OutboxEntry]]]:
    """Entries by customer, each customer's in order."""
    ordered = sorted(entries, key=lambda entry: (entry.customer_id, entry.seq))
    groups = [(key, list(group)) for key, group in groupby(ordered, key=lambda entry: entry.customer_id)]
    return sorted(groups, key=lambda group: group[1][0].seq)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
