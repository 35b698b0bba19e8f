"""How a run asks for another, hears of its end, and calls it off: what the events that do so carry."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from journeys.events import JOURNEY_CALLED_OFF, JOURNEY_ENDED, JOURNEY_REQUESTED, Event

ASKED_BY = "asked_by"
"""The property by which a request of a run is told from one of a schedule or of a call."""

REQUESTED_BY = "requested_by"
"""The property of a start that names the person who requested what the run is for, by their address."""

NOT_STARTED = "not_started"
"""How a run ended that a run asked for and that the journey's own rules kept from starting."""


class Asker(BaseModel):
    """The run that asks for another, and whether it waits for its end."""

    model_config = ConfigDict(frozen=True)

    workflow_id: str
    first_run_id: str
    waits: bool


class EndedRun(BaseModel):
    """How a run ended, as the one that asked for it hears. `run` is its workflow id; empty when it never began."""

    model_config = ConfigDict(frozen=True)

    outcome: str
    reason: str
    run: str = ""


def request_properties(journey: str, start: Event, asker: Asker) -> dict[str, Any]:
    """What a request carries: what the asking run's own start carried, so that both have the same `start`."""
    return {**start.properties, "journey": journey, ASKED_BY: asker.model_dump()}


def end_properties(request: Event, ended: EndedRun) -> dict[str, Any]:
    """What the end of a run that `request` asked for carries."""
    asked = {name: request.properties[name] for name in ("journey", ASKED_BY)}
    return {**asked, "request": request.id, **ended.model_dump()}


def asker_of(event: Event) -> Asker | None:
    """The run that a request, or the end of the run it asked for, belongs to; None for every other event."""
    if event.name not in (JOURNEY_REQUESTED, JOURNEY_ENDED) or ASKED_BY not in event.properties:
        return None
    return Asker.model_validate(event.properties[ASKED_BY])


def waited_for(event: Event) -> bool:
    """Whether the event is a request whose asker waits for the end of the run."""
    asker = asker_of(event)
    return event.name == JOURNEY_REQUESTED and asker is not None and asker.waits


def calls_off(event: Event, start: Event) -> bool:
    """Whether an event calls off the run that `start` began."""
    return event.name == JOURNEY_CALLED_OFF and event.properties.get("request") == start.id
