"""Runs: find them, and see in one screen what one does, why, what it waits for and what it did."""

from collections.abc import Sequence
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from journeys.ids import span_id, trace_id
from settings import Settings
from starter.console.page import Console, PageRoute, Problem, SignedIn
from starter.console.standing import ask_run, sentence, standing
from starter.console.waterfall import ScaleKind, waterfall
from starter.listings import PageNumber
from store.approvals import approvals_of_run
from store.history import deliveries_of_run, find_runs, list_runs, spans_of_trace
from store.tables import Run, Span
from workflows.state import Progress

_PARTS = ("run", "internal", "producer")
"""Kinds of span that are no step: the run itself, and the parts of a send."""

_STATES = ("open", "closed", "completed", "goal", "stopped", "opt_out", "stop", "life", "operator", "erasure")
router = APIRouter(prefix="/runs", route_class=PageRoute)


@router.get("")
async def show_runs(
    console: SignedIn,
    journey: str = "",
    state: str = "",
    customer: str = "",
    page: PageNumber = 1,
) -> HTMLResponse:
    """Runs, the latest first; of one journey, in one state or with one outcome, or of one customer."""
    async with console.services.database.reading() as session:
        found = await list_runs(session, journey=journey, state=state, customer_id=customer.strip(), number=page)
    return await console.show(
        "runs.html",
        found=found,
        journey=journey,
        state=state,
        customer=customer,
        journeys=sorted(console.services.journeys),
        states=_STATES,
    )


@router.get("/{workflow_id:path}/trace")
async def show_trace(console: SignedIn, workflow_id: str) -> RedirectResponse:
    """The trace on the run's page: the address that traces and memos carry."""
    return RedirectResponse(f"/runs/{quote(workflow_id, safe=':')}#trace", 303)


@router.get("/{workflow_id:path}")
async def show_run(
    console: SignedIn,
    workflow_id: str,
    run: str = "",
    scale: ScaleKind = "even",
) -> HTMLResponse:
    """One run; of several that had this workflow id the latest, or the one whose first run id is `run`."""
    async with console.services.database.reading() as session:
        runs = await find_runs(session, workflow_id)
        chosen = next((row for row in runs if not run or row.first_run_id == run), None)
        if chosen is None:
            raise Problem(404, "There is no such run", "Look for it in the list of runs, by customer or journey.")
        spans = await spans_of_trace(session, trace_id(workflow_id, chosen.first_run_id))
        deliveries = await deliveries_of_run(session, workflow_id, chosen.first_run_id)
        approvals = await approvals_of_run(session, workflow_id, chosen.first_run_id)
    steps = sorted((span for span in spans if span.kind not in _PARTS), key=lambda span: span.ended_at)
    return await console.show(
        "run.html",
        run=chosen,
        others=[row for row in runs if row is not chosen],
        standing=standing(chosen, steps, await _progress(console, chosen)),
        timeline=[(span, *sentence(span)) for span in steps],
        trace=waterfall(_with_root(chosen, spans), scale),
        scale=scale,
        deliveries=deliveries,
        approvals=approvals,
        temporal_url=_temporal_url(console.services.settings, chosen),
    )


async def _progress(console: Console, run: Run) -> Progress | None:
    return await ask_run(console.services.temporal, run) if run.state == "open" else None


def _with_root(run: Run, spans: Sequence[Span]) -> Sequence[Span]:
    """The spans of a run under one root. A run writes its own span at its end; until then this stands in."""
    if not spans or any(span.kind == "run" for span in spans):
        return spans
    root = Span(
        span_id=span_id(run.workflow_id, run.first_run_id),
        trace_id=trace_id(run.workflow_id, run.first_run_id),
        workflow_id=run.workflow_id,
        name=f"journey {run.journey}",
        kind="run",
        started_at=min(run.started_at, spans[0].started_at),
        ended_at=max(span.ended_at for span in spans),
        outcome="running",
        attributes={},
        links=[],
    )
    return [root, *spans]


def _temporal_url(settings: Settings, run: Run) -> str:
    workflow = quote(run.workflow_id, safe="")
    return f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows/{workflow}"
