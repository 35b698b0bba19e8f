"""Lets a customer enter journeys: keeps that a run is about to start, and has Temporal start it, once.

Every step can be done again. Killed between any two, the next attempt finds what the last one did.
"""

import logging

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.events import Event
from journeys.features import Asked
from journeys.model import Journey
from journeys.requests import NOT_STARTED, EndedRun
from journeys.times import known_zone, zone_or_utc
from learning.features.document import Features
from learning.features.sight import asks_for_features
from starter.dispatch.admission import Entry, asked_by_starts, entries, is_held_out, may_start
from starter.dispatch.launch import Launcher, SomeoneElsesRun
from starter.services import Services
from store.features import features_of
from store.requests import tell_end
from store.runs import HOLDOUT, add_run, count_starts, find_run, forget_start, last_run, lock_starts
from store.tables import Customer, Run

_log = logging.getLogger(__name__)


class Entrance:
    """The way into journeys for one customer."""

    def __init__(self, services: Services, launcher: Launcher, customer: Customer) -> None:
        self._services = services
        self._launcher = launcher
        self._customer = customer
        self._zone = known_zone(customer.time_zone) or zone_or_utc(services.project.time_zone)

    async def enter(self, event: Event) -> list[Run]:
        """Start the runs that an event starts, and give those that Temporal has and that are not yet recorded.

        Raises temporalio.service.RPCError when Temporal does not take one; then do it again.
        """
        journeys = self._services.journeys
        asked = asked_by_starts(journeys.values())
        features = await self._features(asked) if asks_for_features(asked) else {}
        found = entries(journeys.values(), event, self._customer, features, self._zone)
        return [run for entry in found if (run := await self._keep(entry, event))]

    async def turn_away(self, event: Event) -> None:
        """Tell the run that asked for another, and waits for it, that none starts."""
        name = event.properties["journey"]
        known = name in self._services.journeys
        reason = f"{name} does not start so" if known else f"there is no journey '{name}'"
        async with self._services.database.transaction() as session:
            await self._tell_asker(session, event, NOT_STARTED, reason)

    async def resume(self, run: Run, event: Event) -> Run | None:
        """Go on with a start that was cut short, whatever the conditions would say by now."""
        journey = self._services.journeys.get(run.journey)
        if journey is None:
            await self._forget(run, event, "the journey is gone")
            return None
        run.first_run_id = await self._launcher.find(run) or ""
        return run if run.first_run_id else await self._launch(run, journey, event)

    async def _features(self, asked: Asked | None) -> Features:
        async with self._services.database.reading() as session:
            return await features_of(session, self._customer.id, asked)

    async def _keep(self, entry: Entry, event: Event) -> Run | None:
        """Start a run; None when it may not start, is kept back, or was started and recorded before."""
        async with self._services.database.transaction() as session:
            if await find_run(session, entry.workflow_ids, event.seq) is not None:
                return None
            if why_not := await _why_not(session, entry, event):
                await self._tell_asker(session, event, NOT_STARTED, why_not)
                return None
            run = await self._admit(session, entry, event)
        return await self._launch(run, entry.journey, event) if run.state == "starting" else None

    async def _admit(self, session: AsyncSession, entry: Entry, event: Event) -> Run:
        """Keep that a run is about to start, before Temporal is asked: nothing is ever started unknown to us."""
        journey = entry.journey
        held_out = is_held_out(journey, self._customer.id)
        if held_out:
            await self._tell_asker(session, event, HOLDOUT, f"the customer is in the holdout of {journey.journey}")
        run = Run(
            workflow_id=entry.workflow_id,
            journey=journey.journey,
            version=journey.version,
            priority=journey.priority,
            customer_id=self._customer.id,
            start_seq=event.seq,
            state="closed" if held_out else "starting",
            outcome=HOLDOUT if held_out else "",
            started_at=event.at,
            ended_at=event.at if held_out else None,
        )
        return await add_run(session, run)

    async def _launch(self, run: Run, journey: Journey, event: Event) -> Run | None:
        try:
            run.first_run_id = await self._launcher.start(run, journey, self._customer, event)
        except SomeoneElsesRun:
            await self._forget(run, event, "another run with this id is open")
            return None
        return run

    async def _forget(self, run: Run, event: Event, reason: str) -> None:
        _log.warning("%s is not started by event %s: %s", run.workflow_id, run.start_seq, reason)
        assert run.id is not None, "a run that was kept has its number"
        async with self._services.database.transaction() as session:
            await self._tell_asker(session, event, NOT_STARTED, reason)
            await forget_start(session, run.id)

    async def _tell_asker(self, session: AsyncSession, event: Event, outcome: str, reason: str) -> None:
        """Let the run that asked for this one, if one did, go on without it."""
        ended = EndedRun(outcome=outcome, reason=reason)
        await tell_end(session, self._customer.id, event, ended, event.at)


async def _why_not(session: AsyncSession, entry: Entry, event: Event) -> str:
    """Why the journey's own rules let no run start now; empty when they do."""
    name, start = entry.journey.journey, entry.journey.start
    if not may_start(start.again, await last_run(session, entry.workflow_ids), event):
        return f"{name} may not start again yet"
    return "" if await _has_room(session, entry.journey, event) else f"{name} has started often enough by now"


async def _has_room(session: AsyncSession, journey: Journey, event: Event) -> bool:
    """Whether one more start keeps to the journey's cap. Starts after the event count as well: events may
    come late, and no stretch of time may hold too many."""
    most = journey.start.most
    if most is None:
        return True
    await lock_starts(session, journey.journey)
    started = await count_starts(session, journey.journey, event.at - most.within, event.at + most.within)
    return started < most.starts
