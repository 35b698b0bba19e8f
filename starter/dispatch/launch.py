"""Starts runs in Temporal, and finds out whether one was started already."""

from typing import cast

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from journeys.events import Event
from journeys.model import Journey
from starter.dispatch.signals import RPC_TIMEOUT
from starter.services import Services
from store.tables import Customer, Run
from workflows.narrative import timeline_url
from workflows.precedence import precedence
from workflows.search_attributes import at_start
from workflows.state import RunInput

WORKFLOW = "CustomerJourney"
_START_SEQ = "start_seq"
"""The memo field with the event that started a run: by it a start that was cut short is recognised."""


class SomeoneElsesRun(Exception):
    """A run with this workflow id is open that this event did not start."""


class Launcher:
    """Starts runs. The journey is pinned in the run's input, so an edit never touches a customer half-way."""

    def __init__(self, services: Services) -> None:
        self._temporal: Client = services.temporal
        self._settings = services.settings
        self._time_zone = services.project.time_zone
        self._approval_key = services.signer.public_key

    async def find(self, run: Run) -> str | None:
        """The first run id of the run when Temporal has it already, else None. Raises RPCError."""
        try:
            found = await self._temporal.get_workflow_handle(run.workflow_id).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return None
            raise
        if await found.memo_value(_START_SEQ, None) != run.start_seq:
            return None
        return found.raw_description.workflow_execution_info.first_run_id or found.run_id

    async def start(self, run: Run, journey: Journey, customer: Customer, event: Event) -> str:
        """Start a run and give its first run id; one that this event started before is given as it is.

        Raises SomeoneElsesRun, and RPCError when Temporal does not take it.
        """
        try:
            return await self._start(run, journey, customer, event)
        except WorkflowAlreadyStartedError as error:
            ours = await self.find(run)
            if ours is None:
                raise SomeoneElsesRun("a run with this id is open already") from error
            return ours

    async def _start(self, run: Run, journey: Journey, customer: Customer, event: Event) -> str:
        page = timeline_url(self._settings.public_url, run.workflow_id)
        given = RunInput(
            journey=journey,
            customer_id=customer.id,
            time_zone=customer.time_zone or self._time_zone,
            start=event,
            approval_key=self._approval_key,
            console_url=page,
        )
        handle = await self._temporal.start_workflow(
            WORKFLOW,
            given,
            id=run.workflow_id,
            task_queue=self._settings.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            priority=precedence(journey.priority),
            search_attributes=at_start(journey.journey, customer.id),
            memo={
                "version": journey.version,
                "owner": journey.owner,
                "console": page,
                "trace": f"{page}/trace",
                _START_SEQ: event.seq,
            },
            static_summary=f"{journey.journey} for {customer.id}, started by {event.name}",
            static_details=_details(journey, event, page),
            rpc_timeout=RPC_TIMEOUT,
        )
        return cast(str, handle.first_execution_run_id)


def _details(journey: Journey, event: Event, page: str) -> str:
    """What the Temporal UI shows of a run, in markdown."""
    lines = [
        f"**{journey.journey}** version `{journey.version}`, owned by {journey.owner}",
        journey.description,
        f"Started by **{event.name}** of {event.at:%Y-%m-%d %H:%M:%S} UTC",
        f"[Run]({page}) · [Trace]({page}/trace)",
    ]
    return "\n\n".join(line for line in lines if line)
