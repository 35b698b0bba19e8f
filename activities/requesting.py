"""The runs that runs ask for: by an event, so that they start by the journey's own rules like any other."""

from temporalio import activity

from activities.notes import write_down
from activities.spans import step_traceparent
from journeys.events import JOURNEY_REQUESTED, Event
from journeys.ids import run_request_id
from journeys.requests import Asker, request_properties
from store.database import Database
from store.requests import call_off, tell
from workflows.ports import CallOffRequest, RunRequest


class Requesting:
    """The activities that ask for a run, and that call it off."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def request_run(self, request: RunRequest) -> None:
        """Ask for a run of another journey. Safe to retry."""
        run = request.run
        asker = Asker(workflow_id=run.workflow_id, first_run_id=run.first_run_id, waits=request.waits)
        event = Event(
            id=run_request_id(run.workflow_id, run.first_run_id, request.step_id, request.pass_),
            name=JOURNEY_REQUESTED,
            at=request.now,
            properties=request_properties(request.journey, request.start, asker),
            traceparent=step_traceparent(run, request.step_id, request.pass_),
        )
        async with self._database.transaction() as session:
            await tell(session, run.customer_id, event)
            await write_down(session, run, request.notes)

    @activity.defn
    async def call_off_run(self, request: CallOffRequest) -> None:
        """End the run that was asked for, or see that it ends when it begins. Safe to retry."""
        async with self._database.transaction() as session:
            await call_off(
                session,
                request.run.customer_id,
                request.request_id,
                request.journey,
                request.reason,
                request.now,
            )
