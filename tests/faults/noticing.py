"""Lets the Temporal server notice at once that a worker is dead, and not after the time it gives an attempt."""

from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.activity.v1 import ActivityOptions
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetStickyTaskQueueRequest, UpdateActivityOptionsRequest
from temporalio.client import Client, WorkflowHandle

from tests.waiting import eventually


async def the_server_notices(temporal: Client, run: WorkflowHandle[Any, Any]) -> None:
    """Let the server give up the lost attempt now and not after its 30 seconds, and forget the lost worker."""
    if await _attempt(run) == 1:
        await _allow(temporal, run, timedelta(seconds=5))

        async def given_up() -> bool:
            return await _attempt(run) != 1

        await eventually(given_up)
    execution = WorkflowExecution(workflow_id=run.id)
    await temporal.workflow_service.reset_sticky_task_queue(
        ResetStickyTaskQueueRequest(namespace=temporal.namespace, execution=execution)
    )


async def _attempt(run: WorkflowHandle[Any, Any]) -> int:
    """The attempt that the pending activity is at; 0 when none is pending."""
    return max((each.attempt for each in (await run.describe()).raw_description.pending_activities), default=0)


async def _allow(temporal: Client, run: WorkflowHandle[Any, Any], time: timedelta) -> None:
    """How long an attempt of the pending activity may take."""
    timeout = Duration()
    timeout.FromTimedelta(time)
    pending = (await run.describe()).raw_description.pending_activities[0]
    await temporal.workflow_service.update_activity_options(
        UpdateActivityOptionsRequest(
            namespace=temporal.namespace,
            execution=WorkflowExecution(workflow_id=run.id),
            id=pending.activity_id,
            activity_options=ActivityOptions(start_to_close_timeout=timeout),
            update_mask=FieldMask(paths=["start_to_close_timeout"]),
        )
    )
