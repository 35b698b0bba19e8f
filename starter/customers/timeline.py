"""What happened to a customer in one place: events, runs, messages, actions, approvals, decisions, consents."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from pydantic import BaseModel

from journeys.steps import given_name
from store.dossier import Happenings
from store.tables import Action, Approval, ConsentStatement, Delivery, EventRecord, Run, Span

_LONGEST = 200
"""Characters of an event's properties that a line shows."""


class Entry(BaseModel):
    """One happening. `at` is UTC."""

    at: datetime
    kind: str
    """`event`, `run`, `message`, `action`, `approval`, `decision` or `consent`."""
    title: str
    outcome: str = ""
    detail: str = ""
    run: str = ""
    """The workflow id of the run that it belongs to."""


def entries(happened: Happenings) -> list[Entry]:
    """Everything, the latest first."""
    found = [
        *map(_event, happened.events),
        *(entry for run in happened.runs for entry in _run(run)),
        *map(_message, happened.deliveries),
        *map(_action, happened.actions),
        *map(_approval, happened.approvals),
        *map(_decision, happened.decisions),
        *map(_consent, happened.statements),
    ]
    return sorted(found, key=lambda entry: (entry.at, entry.kind, entry.title), reverse=True)


def _event(row: EventRecord) -> Entry:
    return Entry(at=row.occurred_at, kind="event", title=row.name, detail=_brief(row.properties))


def _run(row: Run) -> Iterator[Entry]:
    began = "kept back for comparison" if row.outcome == "holdout" else "entered"
    yield Entry(at=row.started_at, kind="run", title=row.journey, outcome=began, run=row.workflow_id)
    if row.ended_at is not None and row.outcome != "holdout":
        yield Entry(
            at=row.ended_at,
            kind="run",
            title=row.journey,
            outcome=row.outcome,
            detail=row.reason,
            run=row.workflow_id,
        )


def _message(row: Delivery) -> Entry:
    return Entry(
        at=row.reserved_at,
        kind="message",
        title=f"{row.content} by {row.channel}",
        outcome=row.state,
        detail=row.reason,
        run=row.workflow_id,
    )


def _action(row: Action) -> Entry:
    return Entry(
        at=row.reserved_at,
        kind="action",
        title=row.tool,
        outcome=row.state,
        detail=row.reason or _brief(row.result),
        run=row.workflow_id,
    )


def _approval(row: Approval) -> Entry:
    by = f" by {row.decided_by}" if row.decided_by else ""
    step = f"{given_name(row.step_id)} of " if given_name(row.step_id) else ""
    return Entry(
        at=row.decided_at or row.requested_at,
        kind="approval",
        title=f"{step}{row.journey}, asked of {row.group}",
        outcome=f"{row.state}{by}",
        detail=row.decision_reason or row.reason,
        run=row.workflow_id,
    )


def _decision(row: Span) -> Entry:
    return Entry(
        at=row.ended_at,
        kind="decision",
        title=given_name(row.step_id) or f"a {row.kind}",
        outcome=row.outcome,
        detail=row.detail,
        run=row.workflow_id,
    )


def _consent(row: ConsentStatement) -> Entry:
    about = " ".join(word for word in (row.purpose, row.topic, f"by {row.channel}" if row.channel else "") if word)
    return Entry(
        at=row.at,
        kind="consent",
        title=about,
        outcome="confirmed" if row.confirmed else "granted" if row.granted else "withdrawn",
        detail=row.source,
    )


def said(value: Any) -> str:
    """A value of JSON as people say it: `size: M, gift: yes`, and what is nested in brackets."""
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "nothing"
        case dict():
            return ", ".join(f"{key}: {_bracketed(of)}" for key, of in cast("dict[str, Any]", value).items())
        case list():
            return "; ".join(said(of) for of in cast("list[Any]", value))
        case _:
            return str(value)


def _bracketed(value: Any) -> str:
    return f"({said(value)})" if isinstance(value, dict | list) else said(value)


def _brief(properties: dict[str, Any]) -> str:
    """Properties in a line, cut to a length that one reads."""
    line = said(properties)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
