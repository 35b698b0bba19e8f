"""A scheduled journey's moment: every customer whom it concerns is asked to start it.

It only asks, by an event for each customer; from there on a start is like any other, with its rules for
starting again, its cap and its holdout.
"""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

from workflows import ports
from workflows.ports import Message

_ATTEMPT = timedelta(minutes=1)
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_MAKE_ROOM = timedelta(seconds=5)
_SCHEDULED = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


class BroadcastInput(Message):
    """Which journey, and how far the broadcast is."""

    journey: str
    schedule: str
    """As cron has it. It is here to be seen, and to tell whether the schedule is still the journey's."""
    time_zone: str
    where: str
    """The condition over `customer` under which one is asked."""
    scheduled_at: datetime | None = None
    """The moment, in UTC. This and what follows is set by continue-as-new only."""
    after: str = ""
    asked: int = 0


class BroadcastResult(Message):
    """How many customers were asked."""

    asked: int


@workflow.defn
class Broadcast:
    """Goes through all customers, a page at a time, and waits while those before them are not through."""

    @workflow.run
    async def run(self, given: BroadcastInput) -> BroadcastResult:
        """Ask everyone whom the journey concerns."""
        scheduled_at = given.scheduled_at or _scheduled_at()
        after: str | None = given.after
        asked = given.asked
        while after is not None:
            if workflow.info().is_continue_as_new_suggested():
                so_far = {"scheduled_at": scheduled_at, "after": after, "asked": asked}
                workflow.continue_as_new(given.model_copy(update=so_far))
            page = await self._ask(given, scheduled_at, after)
            asked += page.asked
            workflow.set_current_details(f"{asked} customers were asked to start **{given.journey}**")
            if page.crowded:
                await workflow.sleep(_MAKE_ROOM, summary="earlier starts are still on their way")
            after = page.after
        return BroadcastResult(asked=asked)

    async def _ask(self, given: BroadcastInput, scheduled_at: datetime, after: str) -> ports.BroadcastPage:
        request = ports.BroadcastRequest(
            journey=given.journey, where=given.where, scheduled_at=scheduled_at, after=after
        )
        return await workflow.execute_activity(
            ports.broadcast,
            request,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            summary=f"customers after {after or 'the beginning'}",
        )


def _scheduled_at() -> datetime:
    """The moment for which the schedule started this; without a schedule, when it started."""
    return workflow.info().typed_search_attributes.get(_SCHEDULED) or workflow.info().start_time
