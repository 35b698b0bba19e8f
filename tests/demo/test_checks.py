"""The demo's own judge: it must notice what is wrong, or its yes would mean nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.mailbox import Mailbox
from starter.demo.checks import differences
from starter.demo.shoppers import Shopper
from starter.demo.story import Received, Story
from starter.demo.summary import RunRecord
from store.tables import Approval, Run, Span

MORNING = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
ROSA = Shopper(
    story="reads no mail", acts={}, receives=("reminder", "related"), outcome="completed", name="Rosa", number=1
)


def _mailbox() -> Mailbox:
    mailbox = Mailbox()
    mailbox.add("email", ROSA.email, "d_1", "v1", "The Lumen 2 tent is still here", {})
    mailbox.add("push", ROSA.push_token, "d_2", "v2", "Still choosing?", {})
    return mailbox


def _story(shopper: Shopper = ROSA, at: datetime = MORNING) -> Story:
    story = Story([shopper], MORNING)
    story.parts[0].received.append(Received("reminder", "email", "The Lumen 2 tent is still here", at))
    return story


def _span(name: str, parent: str | None, outcome: str) -> Span:
    return Span(name=name, parent_id=parent, outcome=outcome)


def _record(
    outcome: str = "completed", approvals: tuple[str, ...] = (), sent: int = 2, roots: int = 1
) -> RunRecord:
    return RunRecord(
        shopper=ROSA.name,
        run=Run(outcome=outcome, state="closed", reason="every step was done"),
        deliveries=[],
        approvals=[Approval(state=state) for state in approvals],
        spans=[_span("journey", None, outcome)] * roots + [_span("send email", "p", "sent")] * sent,
    )


def test_all_as_it_must_be():
    assert differences(_story(), _mailbox(), [_record()]) == []


def test_a_message_too_many():
    mailbox = _mailbox()
    mailbox.add("whatsapp", ROSA.phone.removeprefix("+"), "d_3", "v3", "browse_offer", {})
    (told,) = differences(_story(), mailbox, [_record()])
    assert told == "Rosa (reads no mail) must receive reminder, related, and received reminder, related, offer"


def test_a_message_missing():
    (told,) = differences(_story(), Mailbox(), [_record()])
    assert told.endswith("and received nothing")


def test_a_message_twice():
    mailbox = _mailbox()
    mailbox.add("push", ROSA.push_token, "d_2", "v4", "Still choosing?", {})
    assert "the delivery d_2 was received 2 times" in differences(_story(), mailbox, [_record()])


def test_a_message_to_a_stranger():
    mailbox = _mailbox()
    mailbox.add("email", "stranger@example.com", "d_9", "v9", "Hello", {})
    (told,) = differences(_story(), mailbox, [_record()])
    assert told == "stranger@example.com is nobody we know, and received email: Hello"


def test_a_message_in_the_quiet_hours():
    (told,) = differences(_story(at=MORNING + timedelta(hours=12)), _mailbox(), [_record()])
    assert told == "Rosa got email at 22:30, in the quiet hours"


def test_a_held_message_at_the_wrong_hour():
    (told,) = differences(_story(replace(ROSA, reminder_hour=8)), _mailbox(), [_record()])
    assert told == "Rosa must get the reminder at 8:00, and got it at 10:30"


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (_record(outcome="goal"), "Rosa's run must end as completed, and is goal: every step was done"),
        (_record(approvals=("approved",)), "Rosa's approvals must be none, and are approved"),
        (_record(sent=1), "Rosa's trace must show 2 messages sent, and shows 1"),
        (_record(roots=2), "Rosa's trace must have one root span, and has 2"),
    ],
)
def test_a_run_that_went_otherwise(record: RunRecord, told: str):
    assert differences(_story(), _mailbox(), [record]) == [told]
