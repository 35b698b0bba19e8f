"""Carries one event to Temporal: starts the journeys it starts, and signals the runs it concerns.

Every step can be done again. Killed between any two, the next attempt finds what the last one did.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.events import Event
from starter.admission import Entry, entries, may_start
from starter.launch import Launcher, SomeoneElsesRun
from starter.services import Services
from starter.signals import RunGone, concerns, signal
from store.ledger import find_delivery
from store.outbox import remove_entries
from store.runs import LOST, add_run, close_run, find_run, forget_start, last_run, record_start
from store.tables import Customer, Delivery, Run

_log = logging.getLogger(__name__)


class Courier:
    """Carries the events of one customer, in order. `runs` are the customer's open ones, kept up to date."""

    def __init__(self, services: Services, launcher: Launcher, customer: Customer, runs: Iterable[Run]) -> None:
        self._services = services
        self._launcher = launcher
        self._customer = customer
        self._runs = {_id(run): run for run in runs}

    async def carry(self, event: Event) -> None:
        """Carry an event to every run it concerns, and take it off the outbox.

        Raises temporalio.service.RPCError when Temporal does not take it; then carry it again.
        """
        started = [
            run
            for entry in entries(self._services.journeys.values(), event, self._customer)
            if (run := await self._start(entry, event))
        ]
        await self._signal_open_runs(event)
        async with self._services.database.transaction() as session:
            for run in started:
                await record_start(session, _id(run), run.first_run_id)
            await remove_entries(session, [event.seq])
        self._runs.update({_id(run): run for run in started})

    async def _start(self, entry: Entry, event: Event) -> Run | None:
        """Start a run; None when it may not start, or was started and recorded before."""
        async with self._services.database.transaction() as session:
            run = await find_run(session, entry.workflow_id, event.seq)
            begun_before = run is not None
            if run is None:
                run = await self._enter(session, entry, event)
        if run is None or run.state != "starting":
            return None
        first_run_id = await self._launcher.find(run) if begun_before else None
        try:
            run.first_run_id = first_run_id or await self._launcher.start(
                run, entry.journey, self._customer, event
            )
        except SomeoneElsesRun:
            _log.warning(
                "%s is not started by event %s: another run with this id is open", run.workflow_id, event.seq
            )
            async with self._services.database.transaction() as session:
                await forget_start(session, _id(run))
            self._runs.pop(_id(run), None)
            return None
        return run

    async def _enter(self, session: AsyncSession, entry: Entry, event: Event) -> Run | None:
        """Keep that a run is about to start, before Temporal is asked: nothing is ever started unknown to us."""
        if not may_start(entry.journey.start.again, await last_run(session, entry.workflow_id), event):
            return None
        run = Run(
            workflow_id=entry.workflow_id,
            journey=entry.journey.journey,
            version=entry.journey.version,
            customer_id=self._customer.id,
            start_seq=event.seq,
            state="starting",
            started_at=event.at,
        )
        return await add_run(session, run)

    async def _signal_open_runs(self, event: Event) -> None:
        delivery = await self._delivery(event)
        for run in list(self._runs.values()):
            if run.start_seq == event.seq or not concerns(event, run, delivery, self._services.journeys):
                continue
            try:
                await signal(self._services.temporal, run, event)
            except RunGone as reason:
                del self._runs[_id(run)]
                await self._close_lost(run, str(reason))

    async def _delivery(self, event: Event) -> Delivery | None:
        """The delivery whose outcome the event is, if it is one of this customer's."""
        if not event.delivery:
            return None
        async with self._services.database.reading() as session:
            delivery = await find_delivery(session, event.delivery)
        return delivery if delivery and delivery.customer_id == self._customer.id else None

    async def _close_lost(self, run: Run, reason: str) -> None:
        """A run that ended by itself has told so before it went; any other was terminated or has expired."""
        async with self._services.database.transaction() as session:
            await close_run(session, run.workflow_id, run.first_run_id, LOST, reason, datetime.now(UTC))


def _id(run: Run) -> int:
    assert run.id is not None, "a run that was kept has its number"
    return run.id
