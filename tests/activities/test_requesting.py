"""What is told when a run asks for another, calls it off, and hears of its end."""

from typing import Any

import pytest

from activities.notes import Bookkeeping
from activities.requesting import Requesting
from journeys.events import JOURNEY_CALLED_OFF, JOURNEY_ENDED, JOURNEY_REQUESTED, Event
from journeys.requests import Asker, asker_of
from store.database import Database
from store.events import as_event
from store.tables import Customer, EventRecord, OutboxEntry
from tests.activities.conftest import NOON, RUN, attempt, rows
from workflows.ports import CallOffRequest, CloseRequest, RunRequest


def asking(**changes: Any) -> RunRequest:
    start = Event(id="start", name="Order Returned", at=NOON, seq=1, properties={"order": "o_1"})
    request = RunRequest(run=RUN, step_id="other", pass_=0, now=NOON, journey="recovery", start=start, waits=True)
    return request.model_copy(update=changes)


@pytest.fixture
def requesting(database: Database, customer: Customer) -> Requesting:
    return Requesting(database)


async def told(database: Database) -> list[Event]:
    """The events that were accepted. Each waits in the outbox."""
    events = await rows(database, EventRecord)
    assert [entry.seq for entry in await rows(database, OutboxEntry)] == [event.seq for event in events]
    return [as_event(event) for event in events]


async def test_a_run_is_asked_for_once_with_the_start_of_the_run_that_asks(
    requesting: Requesting, database: Database
):
    for number in (1, 2):
        await attempt(requesting.request_run, asking(), number)
    (event,) = await told(database)
    assert (event.name, event.at) == (JOURNEY_REQUESTED, NOON)
    assert (event.properties["journey"], event.properties["order"]) == ("recovery", "o_1")
    assert asker_of(event) == Asker(workflow_id="winback:c_1:-", first_run_id="run_1", waits=True)


async def test_each_pass_of_a_step_asks_anew(requesting: Requesting, database: Database):
    await attempt(requesting.request_run, asking())
    await attempt(requesting.request_run, asking(pass_=1))
    assert len(await told(database)) == 2


async def test_for_a_customer_who_is_gone_nothing_is_asked(requesting: Requesting, database: Database):
    gone = RUN.model_copy(update={"customer_id": "c_gone"})
    await attempt(requesting.request_run, asking(run=gone))
    assert await told(database) == []


async def test_a_run_is_called_off_once(requesting: Requesting, database: Database):
    off = CallOffRequest(run=RUN, request_id="run_x", journey="recovery", reason="goal reached", now=NOON)
    for number in (1, 2):
        await attempt(requesting.call_off_run, off, number)
    (event,) = await told(database)
    assert event.name == JOURNEY_CALLED_OFF
    assert event.properties == {"journey": "recovery", "request": "run_x", "reason": "goal reached"}


async def test_the_end_of_a_run_is_told_to_the_one_that_waits_for_it(requesting: Requesting, database: Database):
    await attempt(requesting.request_run, asking())
    (request,) = await told(database)
    close = CloseRequest(
        run=RUN.model_copy(update={"workflow_id": "recovery:c_1:-", "journey": "recovery"}),
        started_at=NOON,
        ended_at=NOON,
        outcome="goal",
        reason="goal reached: Sale",
        asked=request,
    )
    for number in (1, 2):
        await attempt(Bookkeeping(database).close_run, close, number)
    ended = (await told(database))[1:]
    assert [(event.name, event.properties["request"]) for event in ended] == [(JOURNEY_ENDED, request.id)]
    assert asker_of(ended[0]) == asker_of(request)
    assert (ended[0].properties["outcome"], ended[0].properties["run"]) == ("goal", "recovery:c_1:-")
