"""Updates that a run refuses, such as forged decisions, told in the audit log by the worker.

A validator may do nothing but refuse, and a refused update leaves no history, so that the run itself cannot tell
of it. Its worker can: it hears of each refusal beside the run, and no run's history grows by it. Validators do not
run in a replay, so that nothing is told twice.
"""

import asyncio
from collections import deque
from typing import Any, cast

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from journeys.ids import customer_of
from store.database import Database
from store.refusals import Refusals, Refused

_WRITE_AFTER_S = 1.0
"""Seconds for which a refusal may stand in memory alone."""
_HEAR = "sojourn_hear_of_refused_update"


class RefusedUpdates(Interceptor):
    """What one worker's runs refuse. They run in threads of their own, and so what they say waits in a queue."""

    def __init__(self, database: Database) -> None:
        self.refusals = Refusals(database)
        self._heard: deque[Refused] = deque()

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002
        known = cast(Any, input).unsafe_extern_functions  # the SDK leaves the type of the functions open
        known[_HEAR] = self._heard.append
        return _Listening

    async def keep_listening(self) -> None:
        """Write what was refused each second, and what is left when cancelled."""
        try:
            while True:
                await asyncio.sleep(_WRITE_AFTER_S)
                await self.tell()
        finally:
            await self.tell()

    async def tell(self) -> None:
        """Write what was refused since the last time."""
        while self._heard:
            await self.refusals.add(self._heard.popleft())


class _Listening(WorkflowInboundInterceptor):
    def handle_update_validator(self, input: HandleUpdateInput) -> None:  # noqa: A002
        try:
            super().handle_update_validator(input)
        except ApplicationError as refusal:
            known = cast(Any, workflow).extern_functions()
            known[_HEAR](_refused(input.update, refusal))
            raise


def _refused(update: str, refusal: ApplicationError) -> Refused:
    workflow_id = workflow.info().workflow_id
    decision_of = next((str(detail) for detail in refusal.details), "")
    marks = {"door": "update", "update": update, "decision_of": decision_of}
    return Refused(
        f"run:{workflow_id}",
        refusal.message,
        marks=tuple(marks.items()),
        customer_id=customer_of(workflow_id) or "",
    )
