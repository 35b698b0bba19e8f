"""What a measured worker tells the bench: when a message was sent, and when a run ended. The same for each way."""

import os
import sys
import time
from typing import Any, BinaryIO

from pydantic import BaseModel
from pydantic_core import to_json
from temporalio import activity, client, worker, workflow


class Note(BaseModel):
    """One line that a worker tells. `at` is the machine's monotonic clock, in seconds."""

    workflow_id: str
    what: str
    """`sent` or `ended`, or, where it went otherwise, the outcome that it had instead."""
    at: float


class Telling:
    """The line to the bench: our standard output, which from here on takes nothing else. The SDK logs there."""

    def __init__(self) -> None:
        self._line: BinaryIO = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def tell(self, workflow_id: str, what: str) -> None:
        """Something happened now."""
        note = {"workflow_id": workflow_id, "what": what, "at": time.monotonic()}
        self._line.write(to_json(note) + b"\n")


class Teller(client.Interceptor, worker.Interceptor):
    """Tells of each send and each end. The worker finds it on its client."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling

    def intercept_activity(self, next: worker.ActivityInboundInterceptor) -> worker.ActivityInboundInterceptor:  # noqa: A002 the SDK's name
        """Called by the SDK for its worker."""
        return _Sends(next, self._telling)

    def workflow_interceptor_class(self, input: object) -> type[worker.WorkflowInboundInterceptor]:  # noqa: A002 the SDK's name
        """Called by the SDK for its worker, which then makes one of these for each run."""
        telling = self._telling

        class Ends(worker.WorkflowInboundInterceptor):
            async def execute_workflow(self, input: worker.ExecuteWorkflowInput) -> Any:  # noqa: A002 the SDK's name
                result = await super().execute_workflow(input)
                outcome = getattr(result, "outcome", "completed")
                telling.tell(workflow.info().workflow_id, "ended" if outcome == "completed" else outcome)
                return result

        return Ends


class _Sends(worker.ActivityInboundInterceptor):
    def __init__(self, following: worker.ActivityInboundInterceptor, telling: Telling) -> None:
        super().__init__(following)
        self._telling = telling

    async def execute_activity(self, input: worker.ExecuteActivityInput) -> Any:  # noqa: A002 the SDK's name
        result = await super().execute_activity(input)
        info = activity.info()
        if not info.is_local:
            self._telling.tell(info.workflow_id or "", getattr(result, "outcome", "sent"))
        return result
