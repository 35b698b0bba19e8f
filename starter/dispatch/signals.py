"""Which runs an event concerns, and its signal to them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from journeys.events import JOURNEY_CALLED_OFF, JOURNEY_ENDED, OPT_OUT, Event
from journeys.features import Asked
from journeys.interrupts import InterruptRules
from journeys.model import Journey
from journeys.requests import asker_of
from store.tables import Delivery, Run
from workflows.state import Heard

RPC_TIMEOUT = timedelta(seconds=10)
_EVENT = "event"


class RunGone(Exception):
    """Temporal does not have the run any more, or it has ended."""


def concerns(event: Event, run: Run, delivery: Delivery | None, journeys: Mapping[str, Journey]) -> bool:
    """Whether an event can matter to a run. `delivery` is the one whose outcome the event is, if known.

    A run of another version than the loaded one may wait for anything, so it is told everything.
    """
    if event.name == OPT_OUT:
        return True
    if event.name == JOURNEY_CALLED_OFF:
        return event.properties["journey"] == run.journey
    if event.name == JOURNEY_ENDED:
        asker = asker_of(event)
        return asker is not None and (asker.workflow_id, asker.first_run_id) == (run.workflow_id, run.first_run_id)
    if delivery is not None:
        return (delivery.workflow_id, delivery.first_run_id) == (run.workflow_id, run.first_run_id)
    journey = journeys.get(run.journey)
    return journey is None or journey.version != run.version or event.name in journey.interests()


def asked_of_customer(event: Event, run: Run, journeys: Mapping[str, Journey]) -> Asked | None:
    """What the goal and the stops of the run must know of the customer to judge an event. None is everything,
    for which a run of another version than the loaded one may ask."""
    journey = journeys.get(run.journey)
    if journey is None or journey.version != run.version:
        return None
    return InterruptRules.of(journey).asked(event.name)


async def signal(temporal: Client, run: Run, event: Event, customer: dict[str, Any] | None = None) -> None:
    """Tell a run of an event, and of the customer as conditions see them. The run takes each event once,
    however often it is told.

    Raises RunGone, and RPCError when Temporal does not take it.
    """
    try:
        told = Heard(**event.model_dump(), customer=customer) if customer is not None else event
        await temporal.get_workflow_handle(run.workflow_id).signal(_EVENT, told, rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise RunGone(error.message) from error
        raise
