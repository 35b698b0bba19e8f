"""Carries one event to Temporal: starts the journeys it starts, and signals the runs it concerns.

Every step can be done again. Killed between any two, the next attempt finds what the last one did.
"""

from collections.abc import Iterable
from typing import Any

from journeys.events import Event
from journeys.features import Asked
from journeys.requests import waited_for
from learning.features.document import Features
from learning.features.sight import asks_for_features, see
from starter.dispatch.entering import Entrance
from starter.dispatch.launch import Launcher
from starter.dispatch.signals import RunGone, asked_of_customer, concerns, signal
from starter.runs.lost import settle_lost
from starter.services import Services
from store.customers import scope_of
from store.features import features_of
from store.ledger import find_delivery
from store.outbox import remove_entries
from store.runs import record_start
from store.tables import Customer, Delivery, Run


class Courier:
    """Carries the events of one customer, in order. `runs` are the customer's open ones, kept up to date."""

    def __init__(self, services: Services, launcher: Launcher, customer: Customer, runs: Iterable[Run]) -> None:
        self._services = services
        self._entrance = Entrance(services, launcher, customer)
        self._customer = customer
        self._runs = {_id(run): run for run in runs}

    async def carry(self, event: Event) -> None:
        """Carry an event to every run it concerns, and take it off the outbox.

        Raises temporalio.service.RPCError when Temporal does not take it; then carry it again.
        """
        started = [*await self._resume(event), *await self._entrance.enter(event)]
        if not started and waited_for(event):
            await self._entrance.turn_away(event)
        await self._signal_open_runs(event)
        async with self._services.database.transaction() as session:
            for run in started:
                await record_start(session, _id(run), run.first_run_id)
            await remove_entries(session, [event.seq])
        self._runs.update({_id(run): run for run in started})

    async def _resume(self, event: Event) -> list[Run]:
        """Go on with the starts that the last attempt at this event began."""
        begun = [run for run in self._runs.values() if run.start_seq == event.seq and run.state == "starting"]
        resumed = [run for each in begun if (run := await self._entrance.resume(each, event))]
        for run in begun:
            del self._runs[_id(run)]
        return resumed

    async def _signal_open_runs(self, event: Event) -> None:
        delivery, journeys = await self._delivery(event), self._services.journeys
        for run in list(self._runs.values()):
            if run.start_seq == event.seq or not concerns(event, run, delivery, journeys):
                continue
            asked = asked_of_customer(event, run, journeys)
            customer = None if asked == {} else await self._seen(event, asked)
            try:
                await signal(self._services.temporal, run, event, customer)
            except RunGone:
                await settle_lost(self._services, run)
                del self._runs[_id(run)]

    async def _seen(self, event: Event, asked: Asked | None) -> dict[str, Any]:
        """What is asked for of the customer, as conditions see them."""
        features: Features = {}
        if asks_for_features(asked):
            async with self._services.database.reading() as session:
                features = await features_of(session, self._customer.id, asked)
        return see(scope_of(self._customer), features, event.at, asked)

    async def _delivery(self, event: Event) -> Delivery | None:
        """The delivery whose outcome the event is, if it is one of this customer's."""
        if not event.delivery:
            return None
        async with self._services.database.reading() as session:
            delivery = await find_delivery(session, event.delivery)
        return delivery if delivery and delivery.customer_id == self._customer.id else None


def _id(run: Run) -> int:
    assert run.id is not None, "a run that was kept has its number"
    return run.id
