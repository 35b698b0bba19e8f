"""Which journeys an event starts for its customer, and whether one may start again. Pure: no I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from journeys.assignment import share
from journeys.conditions import Scope, holds, value
from journeys.events import JOURNEY_REQUESTED, SEGMENT_ENTERED, Event
from journeys.features import Asked, asked_of
from journeys.ids import workflow_id
from journeys.model import Again, Journey, Start
from journeys.requests import asker_of
from journeys.segments import started_by
from learning.features.document import Features
from learning.features.sight import see
from store.customers import scope_of
from store.tables import Customer, Run


@dataclass(frozen=True)
class Entry:
    """A journey that an event starts, and the workflow ids of its runs for the same customer and key."""

    journey: Journey
    workflow_ids: tuple[str, ...]
    """First the one it gets, then those it had under the ids of customers who turned out to be this one."""

    @property
    def workflow_id(self) -> str:
        return self.workflow_ids[0]


def entries(
    journeys: Iterable[Journey],
    event: Event,
    customer: Customer,
    features: Features,
    zone: tzinfo,
) -> list[Entry]:
    """The journeys that the event starts. One whose key cannot be told from the event does not start.

    `zone` is that of the customer's calendar.
    """
    candidates = [
        journey for journey in journeys if _is_meant(journey, event) and in_season(journey.start, event, zone)
    ]
    if not candidates:
        return []
    asked = asked_of(source for journey in candidates for source in _sources(journey))
    seen = see(scope_of(customer), features, event.at, asked)
    scope = {"event": event.scope(), "start": event.scope(), "customer": seen, "now": event.at}
    found = [(journey, entry_key(journey.start, scope, event)) for journey in candidates]
    return [_entry(journey, customer, key) for journey, key in found if key is not None]


def _entry(journey: Journey, customer: Customer, key: str) -> Entry:
    return Entry(journey, tuple(workflow_id(journey.journey, known, key) for known in customer.ids))


def could_start(journey: Journey, event_name: str) -> bool:
    """Whether an event of this name may start the journey."""
    start = journey.start
    return event_name in (start.event, JOURNEY_REQUESTED, SEGMENT_ENTERED if start.segment else None)


def asked_by_starts(journeys: Iterable[Journey]) -> Asked | None:
    """What the starts of journeys ask of the customer; None when that may be everything."""
    return asked_of(source for journey in journeys for source in _sources(journey))


def may_start(again: Again, last: Run | None, event: Event) -> bool:
    """Whether a run may start after `last`, the newest of the same workflow id. Never two at once."""
    if last is None:
        return True
    if last.state != "closed" or again == "never":
        return False
    return isinstance(again, str) or event.at - last.started_at >= again


def is_held_out(journey: Journey, customer_id: str) -> bool:
    """Whether the customer belongs to the share that the journey leaves alone: for ever the same customers."""
    return journey.holdout is not None and share(f"holdout:{journey.journey}", customer_id) < journey.holdout / 100


def _sources(journey: Journey) -> tuple[str, ...]:
    return journey.start.where, journey.start.key


def _is_meant(journey: Journey, event: Event) -> bool:
    start = journey.start
    if event.name == JOURNEY_REQUESTED and event.properties.get("journey") == journey.journey:
        # A run may ask for any journey, a schedule or a call for those that are started so.
        return asker_of(event) is not None or (start.segment is None and start.event is None)
    if start.segment is not None:
        return event.name == SEGMENT_ENTERED and event.properties.get("segment") == started_by(journey)
    return start.event == event.name


def in_season(start: Start, event: Event, zone: tzinfo) -> bool:
    """Whether the event fell on one of the days on which runs start, on the customer's calendar."""
    day = event.at.astimezone(zone).date()
    return (start.first is None or start.first <= day) and (start.last is None or day <= start.last)


def entry_key(start: Start, scope: Scope, event: Event) -> str | None:
    """The key of the run that an event starts; None when the condition is false or the key cannot be told."""
    key = _as_key(value(start.key, scope)) if holds(start.where, scope) else None
    if key is None or start.again != "any time":
        return key
    # Runs that may overlap have nothing in common but the customer: each is one of its own.
    return f"{key}~{event.seq}"


def _as_key(found: Any) -> str | None:
    if isinstance(found, bool):
        return str(found).lower()
    return str(found) if isinstance(found, str | int | float) else None
