"""Erases one customer everywhere, whatever is killed on the way: first their runs end, then their rows and
their key go. The history of this workflow holds an opaque id and counts."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows import ports
from workflows.ports import Erased, EraseRequest

_END_WITHIN = timedelta(minutes=2)
_HEARTBEAT = timedelta(seconds=20)
_ERASE_WITHIN = timedelta(minutes=3)
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn
class EraseCustomer:
    """Carries out an erasure that was begun."""

    @workflow.run
    async def run(self, given: EraseRequest) -> Erased:
        """Erase the customer, and say how much that was."""
        await workflow.execute_activity(
            ports.end_runs,
            given,
            start_to_close_timeout=_END_WITHIN,
            heartbeat_timeout=_HEARTBEAT,
            retry_policy=_RETRY,
            summary="end the open runs",
        )
        return await workflow.execute_activity(
            ports.erase_customer,
            given,
            start_to_close_timeout=_ERASE_WITHIN,
            retry_policy=_RETRY,
            summary="erase the rows and the key",
        )
