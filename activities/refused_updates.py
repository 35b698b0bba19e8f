"""Updates that a run refuses, such as forged decisions, told in the audit log by the worker.

A validator may do nothing but refuse, and a refused update leaves no history, so that the run itself cannot tell
of it. Its worker can: it hears of each refusal beside the run, also of what was accepted and then did not count,
as an edit may, and no run's history grows by it. What is replayed is not told again.
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

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002 the SDK's name
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
    def handle_update_validator(self, input: HandleUpdateInput) -> None:  # noqa: A002 the SDK's name
        try:
            super().handle_update_validator(input)
        except ApplicationError as refusal:
            _tell(input.update, refusal)
            raise

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002 the SDK's name
        try:
            return await super().handle_update_handler(input)
        except ApplicationError as refusal:
            # Validators do not run in a replay, and handlers do.
            if not workflow.unsafe.is_replaying():
                _tell(input.update, refusal)
            raise


def _tell(update: str, refusal: ApplicationError) -> None:
    known = cast(Any, workflow).extern_functions()
    known[_HEAR](_refused(update, refusal))


def _refused(update: str, refusal: ApplicationError) -> Refused:
    """What the log is told: the words of a refusal may quote a message, and then it is told others."""
    workflow_id = workflow.info().workflow_id
    customer_id = customer_of(workflow_id)
    decision_of, told = (str(detail) for detail in refusal.details)
    marks = {"door": "update", "update": update, "decision_of": decision_of}
    # The id of a review begins with what it is about, as doors name it.
    subject = f"run:{workflow_id}" if customer_id else workflow_id
    return Refused(subject, told, marks=tuple(marks.items()), customer_id=customer_id or "")
