"""The nightly fit of the scores' parameters to the customers there are."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows import ports
from workflows.ports import FitRequest, Fitted

_WITHIN = timedelta(hours=1)
_RETRY = RetryPolicy(initial_interval=timedelta(minutes=1), maximum_attempts=5)
"""After these the scores stay as they are until the next night."""


@workflow.defn
class FitScores:
    """Fits once. A schedule starts it."""

    @workflow.run
    async def run(self) -> Fitted:
        """Fit every score, and say to how many customers each was fitted."""
        return await workflow.execute_activity(
            ports.fit_scores,
            FitRequest(now=workflow.now()),
            start_to_close_timeout=_WITHIN,
            retry_policy=_RETRY,
            summary="fit the scores to what customers did",
        )
