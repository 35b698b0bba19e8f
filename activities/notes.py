"""Writes what a run remembers to the timeline and the trace. Every activity does it in its own transaction."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities.spans import pause_span, run_span, run_traceparent, step_span
from journeys.requests import EndedRun
from store.approvals import mark_decided, put_to
from store.audit import record, told_of
from store.database import Database
from store.ledger import settle_given_up, settle_unfinished
from store.notices import remind
from store.requests import tell_end
from store.runs import close_run
from store.surfaces import withdraw_run
from store.tables import Span
from store.timeline import write_spans
from store.versions import record_version
from workflows.ports import CloseRequest, MoveRequest, NoteRequest, Notes, RefusedSignal, RunRef

_OVERTAKEN = frozenset({"goal", "stop", "opt_out", "operator", "erasure"})
"""Ends that make stale what still waits for the customer to come by."""


async def write_down(session: AsyncSession, run: RunRef, notes: Notes, *spans: Span) -> None:
    """Write notes, and the caller's own spans, within the caller's transaction. Twice is as good as once."""
    pauses = (pause_span(run, pause) for pause in notes.pauses)
    await write_spans(session, [*pauses, *(step_span(run, step) for step in notes.records), *spans])
    for now in notes.questions:
        if now.reminder:
            await remind(session, now.approval_id, now.at)
            continue
        put = {"group": now.group, "assignee": now.assignee, "by": now.by}
        await put_to(session, now.approval_id, agreed=now.agreed, at=now.at, **put)
    await _tell_refused(session, run, notes.refused)
    for closed in notes.closed_approvals:
        await mark_decided(
            session, closed.approval_id, state=closed.state, by=closed.by, reason=closed.reason, at=closed.at
        )
    for step in notes.records:
        if step.outcome == "gave_up":
            await settle_given_up(session, str(step.attributes["delivery_id"]), step.detail)


async def _tell_refused(session: AsyncSession, run: RunRef, refused: tuple[RefusedSignal, ...]) -> None:
    """Write raw signals that did not count into the audit log, where they do not stand there already."""
    subject = f"run:{run.workflow_id}"
    for one in refused:
        facts = {"door": "signal", "reason": one.reason, "decision_of": one.decision_of, "count": one.count}
        facts |= {"since": one.at.isoformat()}
        if facts not in await told_of(session, "refusal", subject, one.at):
            record(session, "refusal", subject, "someone unknown", facts, at=one.at, customer_id=run.customer_id)


async def tell_stopped(session: AsyncSession, run: RunRef, reason: str, at: datetime) -> None:
    """Write, once, that somebody cancelled a run in Temporal, which does not say who. `at` is UTC."""
    subject, facts = f"run:{run.workflow_id}", {"what": "stopped", "reason": reason}
    if facts not in await told_of(session, "change", subject, at):
        record(session, "change", subject, "someone in Temporal", facts, at=at, customer_id=run.customer_id)


class Bookkeeping:
    """The activities that only write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def write_notes(self, request: NoteRequest) -> None:
        """Write notes to the timeline and the trace. Safe to retry."""
        async with self._database.transaction() as session:
            await write_down(session, request.run, request.notes)

    @activity.defn
    async def move_run(self, request: MoveRequest) -> None:
        """Keep that a run goes on under another version. Safe to retry."""
        run = request.run
        async with self._database.transaction() as session:
            await write_down(session, run, request.notes)
            await record_version(session, run.workflow_id, run.first_run_id, request.version)

    @activity.defn
    async def close_run(self, request: CloseRequest) -> None:
        """Write the end of a run. Safe to retry."""
        run = request.run
        ended = EndedRun(outcome=request.outcome, reason=request.reason, run=run.workflow_id)
        async with self._database.transaction() as session:
            if request.asked is not None:
                told_at, trace = request.ended_at, run_traceparent(run)
                await tell_end(session, run.customer_id, request.asked, ended, told_at, trace)
            await write_down(session, run, request.notes, run_span(request))
            if request.outcome == "operator":
                await tell_stopped(session, run, request.reason, request.ended_at)
            await settle_unfinished(session, run.workflow_id, run.first_run_id, request.reason)
            await close_run(
                session, run.workflow_id, run.first_run_id, request.outcome, request.reason, request.ended_at
            )
            if request.outcome in _OVERTAKEN:
                await withdraw_run(session, run.workflow_id, run.first_run_id, request.ended_at)
