"""What a run asks people: who may decide, how many must, and what is refused. Nothing runs here."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journeys.interrupts import Interrupt
from workflows.approval import Refusal
from workflows.ports import Asked, Decision, Turn
from workflows.question import Question
from workflows.state import RunState

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


ASKED = Asked(
    approval_id="a_1",
    content_hash="hash",
    group="marketing",
    author="maria",
    content_author="carl",
    asked_at=NOON,
    deadline=NOON + timedelta(hours=24),
    reason="10 %",
)


def asking(**changes: Any) -> Question:
    """A question to marketing about what Maria wrote, with what a test wants changed."""
    question = Question(RunState(started_at=NOON, at="offer", step_started_at=NOON))
    question.ask(ASKED.model_copy(update=changes))
    return question


def decide(question: Question, approver: str = "ada", **changes: Any) -> str:
    given: dict[str, Any] = {
        "approval_id": "a_1",
        "content_hash": "hash",
        "approved": True,
        "approver": approver,
        "groups": ("marketing",),
        "decided_at": NOON,
    }
    decision = Decision.model_validate(given | changes)
    question.judge(decision, NOON)
    return question.take(decision, NOON)


def test_two_people_must_agree_above_an_amount():
    question = asking(people=2)
    assert decide(question) == "agreed by ada; 1 more must agree"
    assert decide(question, "lars") == "approved by ada, lars"


def test_the_same_person_twice_is_not_two_people():
    question = asking(people=2)
    decide(question)
    for again in ("ada", "Ada"):
        with pytest.raises(Refusal, match="you have agreed already"):
            decide(question, again)


def test_one_person_is_enough_to_reject_whoever_agreed():
    question = asking(people=2)
    decide(question)
    assert decide(question, "lars", approved=False) == "rejected by lars"


def test_nothing_is_decided_when_the_time_is_over_or_the_run_is_ending():
    with pytest.raises(Refusal, match="the time to decide has passed"):
        decide(asking(deadline=NOON))
    state = RunState(started_at=NOON, at="offer", step_started_at=NOON)
    state.interrupt = Interrupt(kind="goal", reason="they bought")
    ending = Question(state)
    ending.ask(ASKED)
    with pytest.raises(Refusal, match="the run is ending: they bought"):
        decide(ending)


def test_nobody_agrees_a_second_time_after_it_was_decided():
    question = asking(people=2)
    decide(question)
    decide(question, "lars")
    with pytest.raises(Refusal, match="ada, lars has already decided this"):
        decide(question, "eve")


@pytest.mark.parametrize("writer", ["maria", "carl", "Maria", "CARL"])
@pytest.mark.parametrize("what", [{"approved": True}, {"approved": False}, {"to": "marketing"}])
def test_whoever_wrote_the_journey_or_the_content_decides_nothing_about_it(writer: str, what: dict[str, Any]):
    with pytest.raises(Refusal, match="nobody approves what they wrote"):
        decide(asking(), writer, **what)


@pytest.mark.parametrize("what", [{"approved": True}, {"to": "marketing"}])
def test_whoever_requested_it_decides_nothing_about_it(what: dict[str, Any]):
    with pytest.raises(Refusal, match="nobody approves what they requested"):
        decide(asking(requester="Rita"), "rita", **what)


def test_what_was_handed_to_another_group_is_theirs():
    question = asking()
    assert decide(question, to="support") == "handed to support by ada"
    with pytest.raises(Refusal, match="only the group 'support'"):
        decide(question)
    assert decide(question, "omar", groups=("support",)) == "approved by omar"


def test_what_was_handed_to_one_person_is_theirs_until_it_is_handed_on():
    question = asking()
    decide(question, to="marketing", assignee="lars")
    with pytest.raises(Refusal, match="handed to lars"):
        decide(question)
    decide(question, to="marketing", assignee="ada", decided_at=NOON + timedelta(minutes=1))
    assert decide(question) == "approved by ada"


def test_a_handing_over_that_is_replayed_does_nothing():
    question = asking()
    there = {"to": "support", "decided_at": NOON}
    decide(question, **there)
    decide(question, "omar", groups=("support",), to="marketing", decided_at=NOON + timedelta(minutes=1))
    with pytest.raises(Refusal, match="handed over already"):
        decide(question, **there)


def test_the_next_group_is_asked_when_nobody_decided_and_who_agreed_still_did():
    question = asking(people=2, turns=(Turn(at=NOON + timedelta(hours=8), group="brand"),))
    decide(question)
    question.turn(NOON + timedelta(hours=8))
    with pytest.raises(Refusal, match="only the group 'brand'"):
        decide(question, "lars")
    assert decide(question, "bea", groups=("brand",)) == "approved by ada, bea"


def test_a_reminder_changes_nothing_about_who_decides():
    question = asking(turns=(Turn(at=NOON, group=""),))
    decide(question, to="marketing", assignee="lars")
    question.turn(NOON)
    with pytest.raises(Refusal, match="this was handed to lars"):
        decide(question)
    assert decide(question, "lars") == "approved by lars"


def test_nobody_decides_while_an_edit_is_being_checked():
    question = asking()
    question.edited_by = "lars"
    with pytest.raises(Refusal, match="lars is editing it at this moment"):
        decide(question)


def test_an_edit_of_what_is_no_longer_asked_changes_nothing():
    question = asking()
    question.edit("a_0", "another hash", {"subject": "Hi"})
    assert decide(question) == "approved by ada"
