"""Learning from what happened, by a schedule: every few minutes the day's outcomes, every night the whole log."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows import ports
from workflows.ports import Message

_ATTEMPT = timedelta(hours=1)
_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=5), maximum_attempts=5
)


class LearningInput(Message):
    """What to learn from."""

    refit: bool = False
    """Whether the whole log is gone through anew."""


class LearningResult(Message):
    """How much was learned."""

    rewarded: int
    """Decisions whose reward changed."""
    points: int = 0
    """Decision points that were fitted anew."""


@workflow.defn
class LearnFromOutcomes:
    """Rewards the decisions of which there is news, and at night fits what was learned anew."""

    @workflow.run
    async def run(self, given: LearningInput) -> LearningResult:
        """Learn. What is new is always looked at first, so that a refit rests on all that is known."""
        request = ports.LearnRequest(now=workflow.now())
        learned = await workflow.execute_activity(
            ports.learn,
            request,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            summary="outcomes become rewards",
        )
        if not given.refit:
            return LearningResult(rewarded=learned.rewarded)
        refitted = await workflow.execute_activity(
            ports.refit,
            request,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            summary="the whole log is fitted anew",
        )
        return LearningResult(rewarded=learned.rewarded, points=len(refitted.points))
