"""Why the last event that could have started a journey for a customer did, or did not: its rules, one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.conditions import holds
from journeys.events import JOURNEY_REQUESTED, SEGMENT_ENTERED, Event
from journeys.evidence import why_not_true
from journeys.ids import workflow_id
from journeys.model import Journey
from journeys.segments import started_by
from journeys.times import format_duration
from learning.features.document import Features
from learning.features.sight import see
from starter.dispatch.admission import entry_key, in_season, is_held_out, may_start
from store.customers import scope_of
from store.dossier import latest_events
from store.events import as_event
from store.outbox import find_entry
from store.runs import count_starts, last_run, run_started_by
from store.segments import memberships
from store.tables import Customer, OutboxEntry, Run


@dataclass(frozen=True)
class Occasion:
    """The last time that a journey could have started, and every reason why it did not."""

    at: datetime | None
    """In UTC; None when it never could."""
    reasons: tuple[str, ...]
    run: Run | None = None
    """The run that it started."""


@dataclass(frozen=True)
class Candidate:
    """A customer and what is known of them now, in whose calendar's zone."""

    customer: Customer
    features: Features
    zone: tzinfo
    now: datetime
    segments: Mapping[str, str]
    """The conditions of all segments, by name."""
    allows: Mapping[str, Any]
    """What they consent to, as conditions of segments see it."""

    def scope(self, event: Event | None = None) -> dict[str, Any]:
        """What a start condition sees. Attributes are those of now: what they were is not kept."""
        at = event.at if event else self.now
        attributes = {**scope_of(self.customer), "consents": self.allows}
        seen = see(attributes, self.features, at, None)
        happened = event.scope() if event else {}
        return {"event": happened, "start": happened, "customer": seen, "now": at}


async def last_occasion(session: AsyncSession, journey: Journey, candidate: Candidate) -> Occasion:
    """What became of the last event that could have started the journey."""
    event = await _last_event(session, journey, candidate)
    if isinstance(event, str):
        return Occasion(None, (event,))
    run = await run_started_by(session, journey.journey, candidate.customer.id, event.seq)
    if run is not None:
        return Occasion(event.at, (), run)
    return Occasion(event.at, tuple(await _reasons(session, journey, candidate, event)))


async def _last_event(session: AsyncSession, journey: Journey, candidate: Candidate) -> Event | str:
    """The last event that could have started the journey, or why there is none."""
    start, customer = journey.start, candidate.customer
    if start.segment is not None:
        return await _joining(session, journey, candidate)
    name = start.event or JOURNEY_REQUESTED
    for row in await latest_events(session, customer.id, name):
        if start.event or row.properties.get("journey") == journey.journey:
            return as_event(row)
    if start.event:
        return f"no event '{name}' of theirs was ever accepted"
    if start.api:
        return "nobody called the API to start it for them"
    wrong = why_not_true(start.where, candidate.scope())
    return "; ".join(["its schedule did not ask for them", *wrong])


async def _joining(session: AsyncSession, journey: Journey, candidate: Candidate) -> Event | str:
    """The event by which the customer last entered the journey's segment, or why they are not in it."""
    name, customer_id = started_by(journey), candidate.customer.id
    row = (await memberships(session, [customer_id])).get((customer_id, name))
    if row is None or not row.member:
        left = f"they left its segment on {row.since:%Y-%m-%d %H:%M} UTC; " if row else ""
        condition = candidate.segments.get(name, "")
        wrong = why_not_true(condition, candidate.scope()) if condition else [f"there is no segment '{name}'"]
        why = "; ".join(wrong) or "they have yet to be looked at"
        return f"{left}they are not in its segment: {why}"
    for event in await latest_events(session, customer_id, SEGMENT_ENTERED):
        if event.properties.get("segment") == name:
            return as_event(event)
    return f"they were in its segment already when it was defined, on {row.since:%Y-%m-%d %H:%M} UTC"


async def _reasons(session: AsyncSession, journey: Journey, candidate: Candidate, event: Event) -> list[str]:
    """Every rule that kept the event from starting the journey."""
    start, scope = journey.start, candidate.scope(event)
    found = [*_waiting(await find_entry(session, event.seq))]
    if not in_season(start, event, candidate.zone):
        day = event.at.astimezone(candidate.zone)
        found.append(f"it starts {_season(journey)}, and that day was {day:%Y-%m-%d}")
    found += why_not_true(start.where, scope)
    key = entry_key(start, scope, event) if holds(start.where, scope) else ""
    if key is None:
        found.append(f"its key '{start.key}' cannot be told from the event")
    elif not found:
        found += await _again(session, journey, candidate, event, key)
        found += await _cap(session, journey, event)
        if is_held_out(journey, candidate.customer.id):
            found.append(f"they are among the {journey.holdout:g} % that it leaves alone")
    return found or [_came_later(journey)]


def _waiting(entry: OutboxEntry | None) -> list[str]:
    """What keeps the event itself from being looked at."""
    if entry is None:
        return []
    if entry.dead:
        return [f"the event could not be delivered ({entry.last_error}); see 'sojourn event dead list'"]
    return [f"the event waits to be delivered{f' ({entry.last_error})' if entry.last_error else ''}"]


def _season(journey: Journey) -> str:
    days = {"from": journey.start.first, "to": journey.start.last}
    return " ".join(f"{word} {day}" for word, day in days.items() if day)


async def _again(
    session: AsyncSession, journey: Journey, candidate: Candidate, event: Event, key: str
) -> list[str]:
    last = await last_run(session, [workflow_id(journey.journey, known, key) for known in candidate.customer.ids])
    again = journey.start.again
    if last is None or may_start(again, last, event):
        return []
    if last.state != "closed":
        return [f"a run for the same key is open since {last.started_at:%Y-%m-%d %H:%M} UTC"]
    rule = again if isinstance(again, str) else f"after {format_duration(again)}"
    began = f"{last.started_at:%Y-%m-%d %H:%M} UTC"
    return [f"for the same key it starts again '{rule}', and they were in it on {began} ({last.outcome})"]


async def _cap(session: AsyncSession, journey: Journey, event: Event) -> list[str]:
    most = journey.start.most
    if most is None:
        return []
    started = await count_starts(session, journey.journey, event.at - most.within, event.at + most.within)
    if started < most.starts:
        return []
    within = format_duration(most.within)
    return [f"it starts at most {most.starts} times within {within}, and had started {started} times"]


def _came_later(journey: Journey) -> str:
    return (
        f"by today's definition (version {journey.version}) and today's attributes it would have started: "
        "the journey or the customer was changed after the event"
    )
