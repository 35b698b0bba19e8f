"""What may leave the run: tried until it left or surely did not, and paused where a person or a time decides."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from journeys.ids import delivery_key
from journeys.interrupts import Interrupt
from journeys.steps import Step
from journeys.times import format_duration
from workflows.conduct import ATTEMPT, GIVE_UP, RETRY, Conduct, GoalReached, Interrupted
from workflows.ports import GaveUp, Overtaken, StepRequest

Request = TypeVar("Request", bound=StepRequest)
Result = TypeVar("Result")

SIGNAL_LAG = timedelta(minutes=5)
"""How long to wait for the signal of an event that the guard already saw in the store."""


async def leave(
    run: Conduct, activity: Callable[[Request], Coroutine[Any, Any, Result]], request: Request, summary: str
) -> Result | GaveUp:
    """Start an activity that leaves something at most once, and give what it came to, or GaveUp.

    All tries of a step together, those before a hold or a question included, take GIVE_UP at the most.
    """
    state = run.memory.state
    began, left = workflow.now(), max(GIVE_UP - state.tried, ATTEMPT)
    under_way = workflow.start_activity(
        activity,
        request,
        start_to_close_timeout=ATTEMPT,
        schedule_to_close_timeout=left,
        retry_policy=RETRY,
        # An attempt that is under way is waited for, so that the record says whether it left.
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary,
    )
    try:
        result = await run.uninterrupted(under_way)
    except ActivityError as error:
        run.stop_if_interrupted()
        key = delivery_key(run.ref.workflow_id, run.ref.first_run_id, request.step_id, request.pass_)
        return GaveUp(delivery_id=key, reason=f"given up after {format_duration(GIVE_UP)}: {error.cause}")
    state.tried += workflow.now() - began
    run.memory.written(request.notes)
    return result


async def hold(run: Conduct, step: Step, until: datetime, reason: str) -> None:
    """Wait until the step may be tried again. The hold has a span of its own."""
    state = run.memory.state
    state.paused_since = state.paused_since or workflow.now()

    async def over() -> str:
        await run.pause(until, f"{step.id} held: {reason}")
        return "over"

    await pause_openly(run, step, "hold", state.paused_since, reason, over)


async def overtaken(run: Conduct, step: Step, found: Overtaken) -> None:
    """Wait for the signal of an event that the guard already saw; it ends the run.

    When the run heard it and did not think so then, the guard's word counts: it judged by what is true now.
    """
    await run.pause(workflow.now() + SIGNAL_LAG, f"{step.id}: {found.reason}")
    run.memory.interrupt(Interrupt(kind=found.kind, reason=found.reason))
    run.stop_if_interrupted()


async def pause_openly(
    run: Conduct,
    step: Step,
    kind: Literal["hold", "approval"],
    since: datetime,
    reason: str,
    settled: Callable[[], Coroutine[Any, Any, str]],
) -> None:
    """Pause until it is `settled` with an outcome, and record it as a part of the step.

    One that goes on after continue-as-new is recorded at its real end only. Raises what `Conduct.pause` raises.
    """
    try:
        outcome = await settled()
    except (Interrupted, GoalReached, asyncio.CancelledError):
        run.memory.note_pause(step, kind, since, workflow.now(), "interrupted", reason)
        raise
    run.memory.note_pause(step, kind, since, workflow.now(), outcome, reason)
