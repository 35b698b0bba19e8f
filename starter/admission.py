"""Which journeys an event starts for its customer, and whether one may start again. Pure: no I/O."""

from collections.abc import Iterable
from dataclasses import dataclass

from journeys.conditions import holds, value
from journeys.events import Event
from journeys.ids import workflow_id
from journeys.model import Again, Journey
from store.customers import scope_of
from store.tables import Customer, Run


@dataclass(frozen=True)
class Entry:
    """A journey that an event starts, and the workflow id under which it would run."""

    journey: Journey
    workflow_id: str


def entries(journeys: Iterable[Journey], event: Event, customer: Customer) -> list[Entry]:
    """The journeys whose start the event matches. One whose key cannot be told from the event does not start."""
    candidates = [journey for journey in journeys if journey.start.event == event.name]
    if not candidates:
        return []
    scope = {"event": event.scope(), "start": event.scope(), "customer": scope_of(customer), "now": event.at}
    found: list[Entry] = []
    for journey in candidates:
        key = _as_key(value(journey.start.key, scope)) if holds(journey.start.where, scope) else None
        if key is not None:
            # Runs that may overlap have nothing in common but the customer: each is one of its own.
            own = f"{key}~{event.seq}" if journey.start.again == "any time" else key
            found.append(Entry(journey, workflow_id(journey.journey, customer.id, own)))
    return found


def may_start(again: Again, last: Run | None, event: Event) -> bool:
    """Whether a run may start after `last`, the newest of the same workflow id. Never two at once."""
    if last is None:
        return True
    if last.state != "closed" or again == "never":
        return False
    return isinstance(again, str) or event.at - last.started_at >= again


def _as_key(found: object) -> str | None:
    if isinstance(found, bool):
        return str(found).lower()
    return str(found) if isinstance(found, str | int | float) else None
