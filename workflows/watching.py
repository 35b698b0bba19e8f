"""The watch over the guardrails: a schedule starts it every few minutes."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows import ports
from workflows.ports import Looked, LookRequest

_LOOK = timedelta(minutes=10)
_TELL = timedelta(minutes=2)
_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=1), maximum_attempts=5
)
"""After these the next watch looks, and tells what was not told."""


@workflow.defn
class GuardrailWatch:
    """Looks once at every guardrail of every journey. What trips is rolled back by the look itself."""

    @workflow.run
    async def run(self) -> Looked:
        """Look, then tell the operators of what is new."""
        request = LookRequest(now=workflow.now())
        looked = await workflow.execute_activity(
            ports.look_at_guardrails,
            request,
            start_to_close_timeout=_LOOK,
            retry_policy=_RETRY,
            summary="look at every guardrail",
        )
        if looked.untold:
            await workflow.execute_activity(
                ports.tell_of_guardrails,
                request,
                start_to_close_timeout=_TELL,
                retry_policy=_RETRY,
                summary="tell the operators",
            )
        return looked
