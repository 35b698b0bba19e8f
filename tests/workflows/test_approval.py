"""A person decides: what counts, what does not, and what the run does then."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from tests.workflows.conftest import SIGNER, Runs, asks, decision, is_asking, question
from workflows.approval import DecisionSigner
from workflows.journey import CustomerJourney
from workflows.ports import Decision, DeliverRequest, DeliverResult, Turn
from workflows.state import RunResult

OFFER = """
journey: offer
owner: maria
start: {event: Product Viewed}
goal: Order Completed
steps:
  - {id: offer, send: whatsapp, content: offer, offer: {discount: 10%}, approval: marketing}
  - {id: after, send: email, content: after}
"""


async def asked(runs: Runs, text: str = OFFER) -> WorkflowHandle[CustomerJourney, RunResult]:
    """A run that waits for a decision on its offer."""
    runs.world.answers("offer", asks, asks)
    run = await runs.start(text)
    await is_asking(run)
    return run


async def refusal(run: WorkflowHandle[Any, Any], token: str) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await run.execute_update(CustomerJourney.decide_approval, token)
    return str(refused.value.cause)


async def test_an_approved_offer_leaves_under_its_grant(runs: Runs) -> None:
    run = await asked(runs)
    answer = await run.execute_update(CustomerJourney.decide_approval, decision())
    await run.result()
    assert answer == "approved by ada"
    grants = [r.grant for r in runs.world.deliveries if r.step_id == "offer"]
    assert grants[0] is None
    assert grants[1] is not None
    assert (grants[1].content_hash, grants[1].by) == ("hash", "ada")


async def test_a_rejected_offer_is_skipped_and_the_journey_goes_on(runs: Runs) -> None:
    run = await asked(runs)
    await run.execute_update(CustomerJourney.decide_approval, decision(approved=False, reason="too soon"))
    assert (await run.result()).outcome == "completed"
    assert runs.world.story == ["offer rejected", "after sent"]
    closed = runs.world.notes[0].notes.closed_approvals[0]
    assert (closed.state, closed.by, closed.reason) == ("rejected", "ada", "too soon")


async def test_without_an_answer_the_journey_does_what_it_says(runs: Runs) -> None:
    run = await asked(runs, OFFER.replace("approval: marketing", "approval: {group: marketing, otherwise: stop}"))
    result = await run.result()
    assert (result.outcome, runs.world.story) == ("stopped", ["offer expired"])


async def test_buying_withdraws_the_question(runs: Runs) -> None:
    run = await asked(runs)
    await runs.happens(run, "Order Completed")
    assert (await run.result()).outcome == "goal"
    assert runs.world.closed[0].notes.closed_approvals[0].state == "withdrawn"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"approval_id": "a_2"}, "not open"),
        ({"content_hash": "other"}, "content has changed"),
        ({"groups": ("support",)}, "only the group 'marketing'"),
        ({"approver": "maria"}, "nobody approves what they wrote"),
    ],
)
async def test_a_decision_that_does_not_fit_is_refused_with_its_reason(
    runs: Runs, changes: dict[str, Any], reason: str
) -> None:
    run = await asked(runs)
    assert reason in await refusal(run, decision(**changes))
    await run.terminate()


async def test_a_decision_signed_by_someone_else_is_refused(runs: Runs) -> None:
    forger = DecisionSigner("another secret, of somebody else altogether")
    honest = SIGNER.sign(Decision.model_validate_json(_payload(decision())))
    forged = forger.sign(Decision.model_validate_json(_payload(honest)))
    run = await asked(runs)
    assert "not signed" in await refusal(run, forged)
    assert "not signed" in await refusal(run, "rubbish")
    assert "not signed" in await refusal(run, decision()[:-3] + "abc")
    await run.terminate()


async def test_only_the_first_decision_counts(runs: Runs) -> None:
    run = await asked(runs)
    await run.signal(CustomerJourney.approval, decision(approved=False, approver="ada", reason="no"))
    await run.signal(CustomerJourney.approval, decision(approver="bob"))
    await run.result()
    assert runs.world.story[0] == "offer rejected"


async def test_a_decision_before_the_question_or_after_its_end_is_refused(runs: Runs) -> None:
    run = await runs.start("{journey: plain, owner: m, start: {event: Product Viewed}, steps: [{wait: 1d}]}")
    assert "not open" in await refusal(run, decision())
    await run.terminate()


async def test_the_raw_signal_takes_a_signed_decision(runs: Runs) -> None:
    run = await asked(runs)
    await run.signal(CustomerJourney.approval, decision())
    await run.result()
    assert runs.world.story == ["offer sent", "after sent"]


async def test_a_signal_that_does_not_count_is_told_at_once_and_of_a_flood_the_others_are_counted(
    runs: Runs,
) -> None:
    run = await asked(runs)
    for _ in range(5):
        await run.signal(CustomerJourney.approval, "rubbish")
        await run.query(CustomerJourney.progress)
    at_once = _told(runs)
    await runs.passes(timedelta(hours=25))
    await run.result()
    assert at_once == [("the decision is not signed by the approvals service", 1)]
    assert _told(runs)[1:] == [("the decision is not signed by the approvals service", 4)]
    assert runs.world.story[0] == "offer expired"


FORGER = DecisionSigner("another secret, of somebody else altogether")
REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "of another question": ({"approval_id": "a_2"}, "this approval is not open"),
    "of changed content": ({"content_hash": "other"}, "the content has changed since it was shown"),
    "of another group": ({"groups": ("support",)}, "only the group 'marketing' decides this"),
    "of its author": ({"approver": "maria"}, "nobody approves what they wrote"),
    "of who requested it": ({"approver": "rosa"}, "nobody approves what they requested"),
    "of who agreed already": ({"approver": "eve"}, "you have agreed already"),
    "handed over again": ({"to": "marketing"}, "this was handed over already"),
}
"""What a decision may be that the run refuses, though it is signed."""


async def test_the_update_and_the_signal_refuse_the_same_and_neither_changes_anything(runs: Runs) -> None:
    """Every refusal of the run through both of its doors; those that end a question have tests of their own."""
    runs.world.answers("offer", asks, asks)
    run = await runs.start(OFFER.replace("marketing}", "{group: marketing, people: 2}}"), requested_by="rosa")
    await is_asking(run)
    handed = decision(to="marketing")
    await run.execute_update(CustomerJourney.decide_approval, handed)
    await run.execute_update(CustomerJourney.decide_approval, decision(approver="eve"))
    before = (await run.query(CustomerJourney.progress)).approval
    tokens = {decision(**changes): words for changes, words in REFUSALS.values()}
    tokens |= {FORGER.sign(Decision.model_validate_json(_payload(handed))): "not signed", "": "not signed"}

    for token, words in tokens.items():
        assert words in await refusal(run, token)
        await run.signal(CustomerJourney.approval, token)

    assert (await run.query(CustomerJourney.progress)).approval == before
    await run.execute_update(CustomerJourney.decide_approval, decision(approver="lars"))
    await run.result()
    told = [reason for reason, _ in _told(runs)]
    assert [words for words in tokens.values() if not any(words in reason for reason in told)] == []


def _told(runs: Runs) -> list[tuple[str, int]]:
    """The raw signals of which the store was told that they did not count, and how often."""
    world = runs.world
    notes = [request.notes for request in (*world.notes, *world.deliveries, *world.closed)]
    return [(one.reason, one.count) for each in notes for one in each.refused]


def _payload(token: str) -> bytes:
    payload = token.partition(".")[0]
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


async def test_when_nobody_decides_the_next_group_is_asked_and_then_the_time_is_over(runs: Runs) -> None:
    def with_turn(request: DeliverRequest) -> DeliverResult:
        asked = question(request, "marketing", "10 %")
        reminder, turn = asked.asked_at + timedelta(hours=6), asked.asked_at + timedelta(hours=8)
        return asked.model_copy(update={"turns": (Turn(at=reminder), Turn(at=turn, group="brand"))})

    runs.world.answers("offer", with_turn)
    run = await runs.start(OFFER)
    await is_asking(run)
    await runs.passes(timedelta(hours=9))
    progress = await run.query(CustomerJourney.progress)
    assert progress.approval is not None
    assert progress.approval.group == "brand"
    assert "only the group 'brand'" in await refusal(run, decision())
    told = [note for request in runs.world.notes for note in request.notes.questions]
    assert [(note.group, note.reminder, note.by) for note in told] == [
        ("marketing", True, ""),
        ("brand", False, ""),
    ]
    await run.result()
    assert runs.world.story == ["offer expired", "after sent"]


async def test_a_handed_question_is_told_at_once_and_decided_by_the_others(runs: Runs) -> None:
    run = await asked(runs)
    assert (
        await run.execute_update(CustomerJourney.decide_approval, decision(to="brand")) == "handed to brand by ada"
    )
    answer = await run.execute_update(CustomerJourney.decide_approval, decision(approver="bea", groups=("brand",)))
    await run.result()
    assert answer == "approved by bea"
    assert [note.group for request in runs.world.notes for note in request.notes.questions] == ["brand"]
