"""Finds on what grounds a run asks a person: in its trace, its definition and the log of planners' decisions."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.spans import pause_span, step_span, step_span_id
from journeys.grounds import Alternative, Chosen, Grounds, Moment
from journeys.ids import trace_id
from journeys.wording import say_way
from store.history import spans_of_trace
from store.planning import decision_leading_to
from store.runs import start_of_run
from store.tables import PlannerDecision, Span
from store.versions import find_version
from workflows.ports import RunRef, StepRequest

_ENDED = {"elapsed": "{detail}", "came": "{detail} came", "timed_out": "{detail}"}
"""What ended a wait, by its outcome."""


async def grounds_of(session: AsyncSession, request: StepRequest) -> Grounds:
    """Why the run asks now, and why about what this step would do. Nothing is written."""
    run = request.run
    spans, step = await _spans(session, request), step_span_id(run, request.step_id, request.pass_)
    row = await decision_leading_to(session, run.workflow_id, run.first_run_id, request.step_id, request.now)
    return Grounds(
        now=await _why_now(session, run, spans, step),
        ways=await _ways(session, request, row.step_id if row else ""),
        chosen=_chosen(row) if row else None,
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


async def _why_now(session: AsyncSession, run: RunRef, spans: Sequence[Span], step: str) -> tuple[Moment, ...]:
    start = await start_of_run(session, run.workflow_id)
    began = [Moment(at=start.occurred_at, what=f"{start.name} began the run")] if start else []
    waits = [moment for span in spans if (moment := _end_of_wait(span, step))]
    return (*began, *waits[-1:])


def _end_of_wait(span: Span, step: str) -> Moment | None:
    """What ended a wait, or a hold of the step that asks; None for any other span."""
    if span.kind in ("wait", "wait_for") and span.outcome in _ENDED:
        told = _ENDED[span.outcome].format(detail=span.detail)
        return Moment(at=span.ended_at, what=f"the wait {span.step_id} ended: {told}")
    if _is_part(span, "hold", step):
        return Moment(at=span.ended_at, what=f"it was held until then: {span.detail}")
    return None


def _is_part(span: Span, part: str, step: str) -> bool:
    """Whether this is a part of the step that asks, in the pass in which it does; `step` is the id of its span."""
    return (span.name, span.parent_id) == (part, step)


async def _ways(session: AsyncSession, request: StepRequest, but: str) -> tuple[str, ...]:
    """The ways that the journey itself led into; `but` is the step whose way its planner chose."""
    journey = await find_version(session, request.run.journey, request.run.version)
    around = say_way(journey.steps, request.step_id) if journey else []
    return tuple(f"{step.id}: {words}" for step, words in around if step.id != but)


def _chosen(row: PlannerDecision) -> Chosen:
    likely = row.probabilities
    others = sorted((name for name in row.options if name != row.option), key=lambda name: -likely.get(name, 0.0))
    return Chosen(
        step_id=row.step_id,
        decision=row.decision,
        planner=row.planner,
        at=row.decided_at,
        option=row.option,
        probability=row.probability,
        expected=row.expected.get(row.option),
        why=row.why,
        others=tuple(
            Alternative(option=name, probability=likely.get(name, 0.0), expected=row.expected.get(name))
            for name in others
        ),
        closed=row.closed_options,
    )
