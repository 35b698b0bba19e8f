"""How records become spans: names and attributes after OpenTelemetry's conventions, ids derived from the run."""

from datetime import datetime

from journeys.ids import span_id, trace_id
from store.tables import Span
from workflows.ports import CloseRequest, PauseRecord, RunRef, StepRecord, StepRequest

_FAILED = {"rejected", "unknown", "gave_up"}
"""Of a step, or of an attempt to send."""
_KINDS = {"send": "producer", "chat": "client"}
"""Of a part's span, by the first word of its name."""


def run_span(request: CloseRequest) -> Span:
    """The span of the whole run, which all others have as their parent."""
    run = request.run
    return Span(
        span_id=span_id(run.workflow_id, run.first_run_id),
        trace_id=trace_id(run.workflow_id, run.first_run_id),
        workflow_id=run.workflow_id,
        name=f"journey {run.journey}",
        kind="run",
        started_at=request.started_at,
        ended_at=request.ended_at,
        outcome=request.outcome,
        detail=request.reason,
        attributes=_attributes(run) | {"journey.outcome": request.outcome},
        links=list(request.causes),
    )


def step_span(run: RunRef, record: StepRecord) -> Span:
    """The span of one finished step, linked to the events that moved it on."""
    attributes = _attributes(run) | {
        "journey.step.id": record.step_id,
        "journey.step.type": record.kind,
        "journey.step.attempt": record.pass_ + 1,
        "journey.step.outcome": record.outcome,
        **{f"journey.{key}": value for key, value in record.attributes.items()},
    }
    return Span(
        span_id=step_span_id(run, record.step_id, record.pass_),
        trace_id=trace_id(run.workflow_id, run.first_run_id),
        parent_id=span_id(run.workflow_id, run.first_run_id),
        workflow_id=run.workflow_id,
        step_id=record.step_id,
        name=f"step {record.kind}",
        kind=record.kind,
        started_at=record.started_at,
        ended_at=record.ended_at,
        outcome=record.outcome,
        detail=record.detail,
        error=record.outcome in _FAILED,
        attributes=attributes,
        links=list(record.causes),
    )


def part_span(
    request: StepRequest,
    part: str,
    attempt: str,
    started_at: datetime,
    ended_at: datetime,
    outcome: str,
    detail: str = "",
    **attributes: str | int | float | bool,
) -> Span:
    """The span of a part of a step: the guard's look, an attempt at the provider, a hold, a question."""
    run = request.run
    step = (request.step_id, str(request.pass_))
    return Span(
        span_id=span_id(run.workflow_id, run.first_run_id, *step, part, attempt),
        trace_id=trace_id(run.workflow_id, run.first_run_id),
        parent_id=step_span_id(run, request.step_id, request.pass_),
        workflow_id=run.workflow_id,
        step_id=request.step_id,
        name=part,
        kind=_KINDS.get(part.partition(" ")[0], "internal"),
        started_at=started_at,
        ended_at=ended_at,
        outcome=outcome,
        detail=detail,
        error=outcome in _FAILED,
        attributes=_attributes(run) | {"journey.step.id": request.step_id, **attributes},
        links=[],
    )


def pause_span(run: RunRef, pause: PauseRecord) -> Span:
    """The span of a stretch in which a step was held, or a person was asked."""
    request = StepRequest(run=run, step_id=pause.step_id, pass_=pause.pass_, now=pause.ended_at)
    since = pause.started_at
    return part_span(request, pause.kind, since.isoformat(), since, pause.ended_at, pause.outcome, pause.detail)


def step_span_id(run: RunRef, step_id: str, pass_: int) -> str:
    return span_id(run.workflow_id, run.first_run_id, step_id, str(pass_))


def step_traceparent(run: RunRef, step_id: str, pass_: int) -> str:
    """The W3C traceparent of a step, for what it brings about."""
    return f"00-{trace_id(run.workflow_id, run.first_run_id)}-{step_span_id(run, step_id, pass_)}-01"


def run_traceparent(run: RunRef) -> str:
    """The W3C traceparent of the whole run."""
    return f"00-{trace_id(run.workflow_id, run.first_run_id)}-{span_id(run.workflow_id, run.first_run_id)}-01"


def _attributes(run: RunRef) -> dict[str, str | int | float | bool]:
    return {
        "journey.name": run.journey,
        "journey.version": run.version,
        "journey.run.id": run.workflow_id,
        "enduser.pseudo.id": run.customer_id,
    }
