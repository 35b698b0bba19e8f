"""What the demo tells of messages that did not leave."""

from starter.demo.narrator import refusals
from store.tables import Span
from tests.seeding import NOW


def span(name: str, kind: str, outcome: str, detail: str) -> Span:
    return Span(
        span_id=name, trace_id="t", parent_id="", workflow_id="w", step_id="offer", name=name, kind=kind,
        started_at=NOW, ended_at=NOW, outcome=outcome, detail=detail, attributes={}, links=[],
    )  # fmt: skip


def test_what_nobody_decided_in_time_is_told_once_and_not_with_the_reason_for_the_question():
    question = span("approval", "internal", "expired", "a discount of 10 % is above 5 %")
    step = span("offer", "send", "expired", "nobody decided in time")
    assert refusals([question, step]) == ["offer dropped: nobody decided in time"]


def test_a_denial_is_told_with_the_reason_of_the_policy():
    denied = span("policy evaluate", "internal", "denied", "the customer never consented to marketing by push")
    assert refusals([denied]) == ["not sent: never consented to marketing by push"]
