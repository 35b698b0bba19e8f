"""What came of a rehearsal, read from the trace, the ledger and the mailbox it left behind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from journeys.ids import trace_id
from journeys.model import Journey
from journeys.steps import walk
from sandbox.mailbox import Message
from starter.console.words import masked
from starter.rehearsal.calendar import Calendar
from starter.rehearsal.model import Entry
from starter.rehearsal.player import Done
from starter.rehearsal.stage import Stage
from store.approvals import approvals_of_run
from store.history import list_runs, spans_of_trace
from store.tables import Approval, Run, Span

_CHOICES = ("branch", "split", "choose", "agent")
_SILENT = {("wait", "elapsed"), ("run", "started")}


@dataclass(frozen=True)
class Line:
    """One line of a timeline. `did` is something that was done to the runs, or a run's start; without it the
    entry is something that came of it."""

    at: datetime
    """In UTC."""
    entry: Entry
    did: str = ""
    order: tuple[datetime, int, datetime, int] = field(kw_only=True)
    """By the clock of the stage, as the file's own times are those of whole minutes."""


@dataclass(frozen=True)
class Story:
    """All that happened, in order. It says the same however often the rehearsal is played."""

    calendar: Calendar
    lines: list[Line]

    @property
    def entries(self) -> list[Entry]:
        """What came of it: all but events, starts and plain waits."""
        return [line.entry for line in self.lines if not line.did]

    @property
    def sent(self) -> list[str]:
        """The steps whose messages were sent, in order."""
        return [entry.step or "" for entry in self.entries if entry.what == "sent"]

    @property
    def outcome(self) -> str:
        """How the last run ended, such as `completed` or `goal`; empty when none was started."""
        ends = [entry.why or "" for entry in self.entries if entry.what == "ended"]
        return ends[-1].partition(":")[0] if ends else ""


@dataclass(frozen=True)
class _Trace:
    """What one run left behind."""

    run: Run
    spans: Sequence[Span]
    approvals: Sequence[Approval]


async def tell(stage: Stage, calendar: Calendar, done: Sequence[Done]) -> Story:
    """The story of a rehearsal that was played to its end."""
    database, lines = stage.services.database, [_did(each, calendar) for each in done]
    async with database.reading() as session:
        for run in (await list_runs(session)).rows:
            spans = await spans_of_trace(session, trace_id(run.workflow_id, run.first_run_id))
            approvals = await approvals_of_run(session, run.workflow_id, run.first_run_id)
            told = _Teller(calendar, stage.services.journeys[run.journey], stage.sandbox.mailbox.messages)
            lines += told.lines(_Trace(run, spans, approvals))
    return Story(calendar, sorted(lines, key=lambda line: line.order))


def _did(done: Done, calendar: Calendar) -> Line:
    order = (done.done_at, 0, done.done_at, 0)
    what, why = ("refused", f"{done.told}: {done.refused}") if done.refused else ("did", None)
    entry = Entry(at=calendar.label(done.at), what=what, step=done.step or None, why=why)
    return Line(done.at, entry, did="" if done.refused else done.told, order=order)


class _Teller:
    """Tells the runs of one journey."""

    def __init__(self, calendar: Calendar, journey: Journey, messages: Sequence[Message]) -> None:
        self._calendar = calendar
        self._places = {step.id: place for place, step in enumerate(walk(journey.steps))}
        self._messages = {message.delivery_id: message for message in messages}

    def lines(self, trace: _Trace) -> Iterator[Line]:
        """What one run did."""
        root = next((span for span in trace.spans if span.kind == "run"), None)
        began = root.started_at if root else trace.run.started_at
        label = self._calendar.label(began)
        yield Line(
            began,
            Entry(at=label, what="did"),
            did=f"{trace.run.journey} starts" if root else f"{trace.run.journey}: {trace.run.reason}",
            order=(began, 1, began, 0),
        )
        for span in trace.spans:
            if span.kind == "internal" and span.outcome == "held":
                yield self._line(span, self._held(span))
            elif span.step_id and span.kind in ("internal", "producer"):
                continue
            elif span.step_id and span.outcome != "interrupted" and (span.kind, span.outcome) not in _SILENT:
                yield self._line(span, self._step(span, trace))
        yield from map(self._asked, trace.approvals)
        if trace.run.ended_at:
            stopped = next((span.step_id for span in trace.spans if span.outcome == "interrupted"), None)
            ended = f"{trace.run.outcome}: {trace.run.reason}"
            at = trace.run.ended_at
            entry = Entry(at=self._calendar.label(at), what="ended", step=stopped, why=ended)
            yield Line(at, entry, order=(at, 3, at, 0))

    def _line(self, span: Span, entry: Entry) -> Line:
        place = self._places.get(span.step_id, 0)
        return Line(span.ended_at, entry, order=(span.ended_at, 2, span.started_at, place))

    def _held(self, span: Span) -> Entry:
        """A message that a policy makes wait."""
        return Entry(
            at=self._calendar.label(span.ended_at),
            what="held",
            step=span.step_id,
            channel=str(span.attributes.get("journey.channel", "")) or None,
            why=span.detail or None,
        )

    def _asked(self, approval: Approval) -> Line:
        """A question to a person."""
        at = approval.requested_at
        entry = Entry(
            at=self._calendar.label(at),
            what="asked",
            step=approval.step_id,
            channel=approval.channel if approval.recipient else None,
            to=masked(approval.recipient) if approval.recipient else None,
            why=f"{approval.group} decides: {approval.reason}",
        )
        return Line(at, entry, order=(at, 2, at, self._places.get(approval.step_id, 0)))

    def _step(self, span: Span, trace: _Trace) -> Entry:
        at = self._calendar.label(span.ended_at)
        if span.kind == "send":
            return self._send(span, trace, at)
        if span.kind in _CHOICES:
            return Entry(at=at, what="chose", step=span.step_id, why=_way(span))
        return Entry(at=at, what=span.outcome, step=span.step_id, why=span.detail or None)

    def _send(self, span: Span, trace: _Trace, at: str) -> Entry:
        message = self._messages.get(str(span.attributes.get("journey.delivery_id", "")))
        parts = [part for part in trace.spans if part.parent_id == span.span_id]
        reasons = [span.detail, *_findings(parts, span), *_approval(trace.approvals, span)]
        return Entry(
            at=at,
            what=span.outcome,
            step=span.step_id,
            channel=str(span.attributes.get("journey.channel", "")) or None,
            to=masked(message.recipient) if message else None,
            says=message.title if message else None,
            why="; ".join(reason for reason in reasons if reason) or None,
        )


def _way(span: Span) -> str:
    """Which way was chosen, and why."""
    return f"{span.outcome}: {span.detail}" if span.detail else span.outcome


def _findings(parts: Sequence[Span], step: Span) -> Iterator[str]:
    """What was said about the channels that were tried: against those before the last, and for the last."""
    for part in parts:
        if part.outcome == "denied" and step.outcome != "denied":
            yield f"not by {part.attributes.get('journey.channel', 'another channel')}: {part.detail}"
    said = [part for part in parts if part.outcome == "allowed"]
    if said and step.outcome == "sent":
        findings = str(said[-1].attributes.get("journey.policy.findings", "")).split("; ")
        allowed = [policy for finding in findings if (policy := finding.partition(":")[0])]
        yield f"allowed by {', '.join(allowed)}" if allowed else "no policy applies"


def _approval(approvals: Sequence[Approval], step: Span) -> Iterator[str]:
    """Who decided about what was sent."""
    for approval in approvals:
        if approval.step_id == step.step_id and approval.state == "approved" and step.outcome == "sent":
            yield f"approved by {approval.decided_by}" + (
                f": {approval.decision_reason}" if approval.decision_reason else ""
            )
