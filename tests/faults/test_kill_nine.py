"""A worker is killed with SIGKILL at every point of a run; another goes on, and the world cannot tell."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess

import pytest
from temporalio.client import Client

from journeys.events import Event
from journeys.ids import delivery_key
from journeys.model import Journey
from settings import Settings
from starter.demo.zones import zone_where_it_is
from store.tables import Delivery, Run, Span
from tests.faults import doomed_worker
from tests.faults.doomed_worker import Point
from tests.faults.noticing import the_server_notices
from tests.faults.sending import Sending, Shopper
from tests.retail import TENT, Handle
from tests.waiting import eventually
from worker import make_worker
from workflows.journey import CustomerJourney
from workflows.state import RunInput

TWO_SENDS = Journey.model_validate(
    {
        "journey": "two-sends",
        "owner": "maria@northwind.example",
        "start": {"event": "Product Viewed"},
        "steps": [
            {"id": "reminder", "send": "email", "content": "browse-reminder"},
            {"id": "second_look", "send": "push", "content": "browse-second-look"},
        ],
    }
)
DELIVERING = "activities.delivering.deliver"
WHILE_THE_ANSWER_IS_OUT = None
"""No point in our code: the test strikes when the message has arrived and the answer has not."""


@dataclass(frozen=True)
class Case:
    """Where the worker dies, and what must have become of the message it was about to send."""

    name: str
    point: Point | None
    state: str
    received: int
    in_a_transaction: bool = False
    """Only there does it matter which database it is."""


CASES = [
    Case("first task", Point("before", "workflows.journey:CustomerJourney._follow"), "sent", 1),
    Case("before the guard", Point("before", f"{DELIVERING}:Delivering._reserve"), "sent", 1),
    Case("judged, not reserved", Point("after", "activities.delivering.guard:Guard.judge"), "sent", 1, True),
    Case("reserved, not sent", Point("before", "activities.channels.smtp:Smtp.send"), "unknown", 0),
    Case("sent, no answer yet", WHILE_THE_ANSWER_IS_OUT, "unknown", 1),
    Case("answered, not recorded", Point("before", f"{DELIVERING}:Delivering._record"), "unknown", 1),
    Case("recorded, not committed", Point("after", f"{DELIVERING}:_send_span"), "unknown", 1, True),
    Case("recorded, not reported", Point("after", f"{DELIVERING}:Delivering._record"), "sent", 1),
    Case("reported, task not done", Point("before", "workflows.conduct:Conduct.finish"), "sent", 1),
    Case("end not committed", Point("after", "activities.notes:close_run"), "sent", 1, True),
    Case("end not reported", Point("after", "activities.notes:Bookkeeping.close_run"), "sent", 1),
]


@pytest.fixture
async def workers(sending: Sending, temporal: Client) -> AsyncGenerator[AsyncExitStack]:
    """The workers of a test, doomed or well; none outlives it."""
    async with AsyncExitStack() as running:
        yield running


@pytest.mark.xdist_group("kill")
async def test_killed_at_any_point_a_run_goes_on_sends_nothing_twice_and_tells_what_it_does_not_know(
    sending: Sending, temporal: Client, temporal_address: str, workers: AsyncExitStack
) -> None:
    sending.zone = zone_where_it_is(12, datetime.now(UTC))
    cases = [case for case in CASES if sending.database.is_sqlite or case.in_a_transaction]
    async with asyncio.TaskGroup() as all_cases:
        for number, case in enumerate(cases):
            shopper = await sending.shopper(f"s{number}")
            all_cases.create_task(_survives(case, sending, shopper, temporal, temporal_address, workers))


async def _survives(
    case: Case, sending: Sending, shopper: Shopper, temporal: Client, address: str, workers: AsyncExitStack
) -> None:
    settings = sending.settings.model_copy(update={"task_queue": f"{sending.folder.parent.name}-{shopper.id}"})
    try:
        run = await _start(sending, shopper, temporal, settings)
        doomed = doomed_worker.start(address, settings, case.point)
        workers.callback(doomed.kill)
        await _dies(doomed, sending, shopper, struck_from_outside=case.point is WHILE_THE_ANSWER_IS_OUT)
        await the_server_notices(temporal, run)
        worker = make_worker(temporal, settings, sending.database, sending.parts[-1])
        await workers.enter_async_context(worker)
        assert (await run.result()).outcome == "completed"
        await _ledger_is_true(case, sending, run)
        await _timeline_is_whole(sending, run)
    except Exception as error:
        error.add_note(f"killed at: {case.name}")
        raise


async def _start(sending: Sending, shopper: Shopper, temporal: Client, settings: Settings) -> Handle:
    """Start a run as the dispatcher would, but with tasks whose loss is noticed soon."""
    viewed = Event(
        id="viewed", name="Product Viewed", at=datetime.now(UTC), seq=shopper.start_seq, properties=TENT
    )
    given = RunInput(
        journey=TWO_SENDS,
        customer_id=shopper.id,
        time_zone=sending.zone,
        start=viewed,
        approval_key="",
        console_url="http://console",
    )
    run = await temporal.start_workflow(
        CustomerJourney.run,
        given,
        id=f"two-sends:{shopper.id}:{settings.task_queue}",
        task_queue=settings.task_queue,
        task_timeout=timedelta(seconds=2),
    )
    row = Run(
        workflow_id=run.id,
        first_run_id=run.first_execution_run_id or "",
        journey=TWO_SENDS.journey,
        version=TWO_SENDS.version,
        customer_id=shopper.id,
        start_seq=viewed.seq,
        state="open",
        started_at=viewed.at,
    )
    async with sending.database.transaction() as session:
        session.add(row)
    return run


async def _dies(doomed: BaseProcess, sending: Sending, shopper: Shopper, *, struck_from_outside: bool) -> None:
    if struck_from_outside:
        sending.sandbox.faults.add(recipient=shopper.email, answer="slow")

        async def has_arrived() -> bool:
            return any(message.recipient == shopper.email for message in sending.sandbox.mailbox.messages)

        await eventually(has_arrived)
        doomed.kill()
    await asyncio.to_thread(doomed.join, 60)
    assert doomed.exitcode == -signal.SIGKILL


async def _ledger_is_true(case: Case, sending: Sending, run: Handle) -> None:
    key = delivery_key(run.id, run.first_execution_run_id or "", "reminder", 0)
    arrived = [message.delivery_id for message in sending.sandbox.mailbox.messages]
    ledger = {row.step_id: row for row in await sending.rows(Delivery) if row.workflow_id == run.id}
    assert (ledger["reminder"].id, ledger["reminder"].state) == (key, case.state)
    assert arrived.count(key) == case.received
    assert ledger["second_look"].state == "sent"
    assert arrived.count(ledger["second_look"].id) == 1
    [row] = [row for row in await sending.rows(Run) if row.workflow_id == run.id]
    assert (row.state, row.outcome) == ("closed", "completed")
    facts = {
        s.step_id: s.outcome for s in await sending.rows(Span) if s.workflow_id == run.id and s.kind == "send"
    }
    assert facts == {"reminder": case.state, "second_look": "sent"}


async def _timeline_is_whole(sending: Sending, run: Handle) -> None:
    spans = [span for span in await sending.rows(Span) if span.workflow_id == run.id]
    ids = {span.span_id for span in spans}
    assert sorted(span.step_id for span in spans if span.kind == "send") == ["reminder", "second_look"]
    assert [span.kind for span in spans if span.parent_id is None] == ["run"]
    assert all(span.parent_id in ids for span in spans if span.kind != "run")
    assert len({span.trace_id for span in spans}) == 1
    sends = [span.step_id for span in spans if span.kind == "producer"]
    assert sorted(sends) == ["reminder", "second_look"]
