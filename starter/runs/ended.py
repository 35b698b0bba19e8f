"""Which workflows Temporal ended without a word of their own, and how: somebody terminated them there, they
failed, or their time was over."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistoryEventFilterType
from temporalio.service import RPCError, RPCStatusCode

from starter.changes.proposing import WORKFLOW as REVIEW
from starter.dispatch.launch import WORKFLOW as RUN
from starter.dispatch.signals import RPC_TIMEOUT

_PAGE = 500


@dataclass(frozen=True)
class Ended:
    """How Temporal ended a workflow, at `at` in UTC. Of a termination `identity` is what the client called itself,
    and `words` is the reason that was given."""

    how: str
    at: datetime
    identity: str = ""
    words: str = ""

    @property
    def reason(self) -> str:
        """As whoever waits for it is told."""
        return f"{self.how} in Temporal"

    @property
    def by(self) -> str:
        """Who ended it, as far as Temporal says."""
        return "someone in Temporal" if self.how in ("terminated", "deleted") else "Temporal"


async def ended_by_temporal(temporal: Client, task_queue: str, since: datetime | None) -> AsyncGenerator[set[str]]:
    """The workflow ids of the runs and reviews that Temporal says it ended since then (UTC), or ever, by the page:
    few do not end by themselves. Raises RPCError."""
    query = f"WorkflowType IN ('{RUN}', '{REVIEW}') AND TaskQueue = '{task_queue}'"
    query += " AND ExecutionStatus IN ('Terminated', 'TimedOut', 'Failed', 'Canceled')"
    if since:
        query += f" AND CloseTime >= '{since.isoformat()}'"
    found = temporal.list_workflows(query, page_size=_PAGE, rpc_timeout=RPC_TIMEOUT)
    while found.current_page is None or found.next_page_token:
        await found.fetch_next_page()
        yield {each.id for each in found.current_page or ()}


async def how_it_ended(temporal: Client, workflow_id: str) -> Ended | None:
    """How the newest execution of a workflow id ended; None while it goes on. Raises RPCError."""
    handle = temporal.get_workflow_handle(workflow_id)
    try:
        found = await handle.describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return Ended("deleted", datetime.now(UTC))
        raise
    if found.status is None or found.status is WorkflowExecutionStatus.RUNNING:
        return None
    how, at = found.status.name.lower().replace("_", " "), found.close_time or datetime.now(UTC)
    if found.status is not WorkflowExecutionStatus.TERMINATED:
        return Ended(how, at)
    last = temporal.get_workflow_handle(workflow_id, run_id=found.run_id).fetch_history_events(
        event_filter_type=WorkflowHistoryEventFilterType.CLOSE_EVENT, rpc_timeout=RPC_TIMEOUT
    )
    said = (await anext(last)).workflow_execution_terminated_event_attributes
    return Ended(how, at, said.identity, said.reason)
