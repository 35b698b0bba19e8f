"""Lets the Temporal server notice at once that a worker is dead, and not after the time it gives an attempt."""

from typing import Any

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetStickyTaskQueueRequest
from temporalio.client import Client, WorkflowHandle


async def the_server_notices(temporal: Client, run: WorkflowHandle[Any, Any]) -> None:
    """Let the server give up the lost attempt now and not after its 30 seconds, and forget the lost worker. The
    next attempt has all of its time, as a busy machine needs it."""
    for lost in (await run.describe()).raw_description.pending_activities:
        attempt = temporal.get_async_activity_handle(workflow_id=run.id, run_id=None, activity_id=lost.activity_id)
        await attempt.fail(TimeoutError("its worker is dead"))
    execution = WorkflowExecution(workflow_id=run.id)
    await temporal.workflow_service.reset_sticky_task_queue(
        ResetStickyTaskQueueRequest(namespace=temporal.namespace, execution=execution)
    )
