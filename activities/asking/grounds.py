"""Finds on what grounds a run asks a person: in its trace, its definition and the log of planners' decisions."""

from collections.abc import Mapping, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.spans import pause_span, step_span, step_span_id
from journeys.grounds import Grounds, Moment
from journeys.ids import trace_id
from journeys.model import Journey
from journeys.reasons import say_beginning, say_end_of_wait, say_led_here
from journeys.steps import Step, walk
from store.history import spans_of_trace
from store.planning import as_chosen, decision_leading_to
from store.runs import start_of_run
from store.tables import Span
from store.versions import find_version
from workflows.ports import RunRef, StepRequest


async def grounds_of(session: AsyncSession, request: StepRequest) -> Grounds:
    """Why the run asks now, and why about what this step would do. Nothing is written."""
    run = request.run
    spans, step = await _spans(session, request), step_span_id(run, request.step_id, request.pass_)
    journey = await find_version(session, run.journey, run.version)
    row = await decision_leading_to(session, run.workflow_id, run.first_run_id, request.step_id, request.now)
    # The way that a planner chose is told with its choice.
    ways = say_led_here(journey.steps, request.step_id, row.step_id if row else "") if journey else ()
    return Grounds(
        now=await _why_now(session, run, journey, spans, step),
        ways=tuple(ways),
        chosen=as_chosen(row) if row else None,
        channels=next((s.detail for s in reversed(spans) if _is_part(s, "order channels", step)), ""),
    )


async def _spans(session: AsyncSession, request: StepRequest) -> list[Span]:
    """What the run did so far, in the order in which it ended; what rides along may not be in the store yet."""
    run, notes = request.run, request.notes
    written = await spans_of_trace(session, trace_id(run.workflow_id, run.first_run_id))
    riding = [
        *(pause_span(run, pause) for pause in notes.pauses),
        *(step_span(run, step) for step in notes.records),
    ]
    by_id = {span.span_id: span for span in (*riding, *written)}
    return sorted(by_id.values(), key=lambda span: span.ended_at)


async def _why_now(
    session: AsyncSession, run: RunRef, journey: Journey | None, spans: Sequence[Span], step: str
) -> tuple[Moment, ...]:
    start = await start_of_run(session, run.workflow_id)
    starts = journey.start if journey else None
    began = (
        [Moment(at=start.occurred_at, what=say_beginning(start.name, start.properties, starts))] if start else []
    )
    steps = {each.id: each for each in walk(journey.steps)} if journey else {}
    waits = [moment for span in spans if (moment := _end_of_wait(span, steps, step))]
    return (*began, *waits[-1:])


def _end_of_wait(span: Span, steps: Mapping[str, Step], asking: str) -> Moment | None:
    """What ended a wait, or a hold of the step whose span is `asking`; None for any other span."""
    if span.kind in ("wait", "wait_for") and span.outcome in ("elapsed", "came", "timed_out"):
        waited, came = steps.get(span.step_id), span.outcome == "came"
        told = say_end_of_wait(waited, came, span.detail) if waited else f"a wait was over: {span.detail}"
        return Moment(at=span.ended_at, what=told)
    if _is_part(span, "hold", asking):
        return Moment(at=span.ended_at, what=f"it was held: {span.detail}")
    return None


def _is_part(span: Span, part: str, step: str) -> bool:
    """Whether this is a part of the step that asks, in the pass in which it does; `step` is the id of its span."""
    return (span.name, span.parent_id) == (part, step)
