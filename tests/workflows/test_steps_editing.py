"""Edits of what a person is asked about: what they make of it leaves, and whoever agrees agrees to that."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.workflows.conftest import Runs, asks, asks_first, decision, is_asking
from workflows.journey import CustomerJourney

OFFER = """
journey: offer
owner: maria
start: {event: Product Viewed}
goal: Order Completed
steps: [{id: offer, send: email, content: offer, approval: {group: marketing, people: 2}}]
"""
HI = {"subject": "Hi"}


async def test_whoever_agrees_after_an_edit_agrees_to_what_was_edited(runs: Runs):
    runs.world.answers("offer", asks, asks)
    run = await runs.start(OFFER)
    await is_asking(run)
    decide = CustomerJourney.decide_approval
    assert await run.execute_update(decide, decision()) == "agreed by ada; 1 more must agree"

    assert await run.execute_update(decide, decision(approver="lars", edits=HI)) == (
        "agreed by lars; 1 more must agree"
    )
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await run.execute_update(decide, decision(approver="eve"))
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.message == "the content has changed since it was shown; look at it again"
    edited = f"hash of {sorted(HI.items())}"
    assert await run.execute_update(decide, decision(content_hash=edited)) == "approved by lars, ada"

    await run.result()
    grant = runs.world.deliveries[-1].grant
    assert grant is not None
    assert (grant.content_hash, grant.edits, grant.by) == (edited, HI, "lars, ada")


async def test_an_edit_that_was_kept_reaches_the_run_though_its_worker_is_lost_before_it_answers(runs: Runs):
    """Its update is in the history by then, so that no loss can leave the run with the words of before."""
    runs.world.answers("offer", asks, asks)
    run = await runs.start(OFFER)
    await is_asking(run)
    taken: list[bool] = []

    async def the_worker_is_lost_once() -> None:
        events = (await run.fetch_history()).events
        taken.append(any(e.HasField("workflow_execution_update_accepted_event_attributes") for e in events))
        if len(taken) == 1:
            raise ConnectionError("the answer is lost")

    runs.world.keeps_edit = the_worker_is_lost_once
    decide = CustomerJourney.decide_approval
    await run.execute_update(decide, decision(approver="lars", edits=HI))
    assert taken == [True, True]

    at_another_door = decision(content_hash=f"hash of {sorted(HI.items())}")
    assert await run.execute_update(decide, at_another_door) == "approved by lars, ada"
    await run.result()


REFUND = """
journey: returns
owner: maria
start: {event: Order Returned}
steps:
  - id: refund
    act: refund
    with: {order_id: start.order_id, amount: '60'}
    approval: {group: support, edit: amount}
"""


async def test_an_action_is_done_as_an_approver_made_it(runs: Runs):
    runs.world.answers("refund", asks_first, asks_first)
    run = await runs.start(REFUND, order_id="o_1")
    await is_asking(run)

    lowered = decision(groups=("support",), edits={"amount": "40"})
    assert await run.execute_update(CustomerJourney.decide_approval, lowered) == "approved by ada"

    await run.result()
    [shown] = runs.world.edited_actions
    assert (shown.edits, shown.act.given, shown.act.approval.edit) == (
        {"amount": "40"},
        {"order_id": "o_1", "amount": 60},
        ("amount",),
    )
    grant = runs.world.actions[-1].grant
    assert grant is not None
    assert (grant.content_hash, grant.edits) == ("hash of the edit", {"amount": "40"})


async def test_whoever_requested_what_the_run_is_for_does_not_agree_to_it(runs: Runs):
    runs.world.answers("offer", asks)
    run = await runs.start(OFFER, requested_by="ada")
    await is_asking(run)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await run.execute_update(CustomerJourney.decide_approval, decision())
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.message == "nobody approves what they requested"
    await run.terminate()


async def test_an_edit_comes_by_the_signed_signal_too_and_one_that_is_refused_changes_nothing(runs: Runs):
    runs.world.answers("offer", asks, asks)
    run = await runs.start(OFFER.replace("people: 2", "people: 1"))
    await is_asking(run)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await run.execute_update(CustomerJourney.decide_approval, decision(edits={"subject": "Hi!"}))
    assert isinstance(refused.value.cause, ApplicationError)
    assert (refused.value.cause.type, refused.value.cause.message) == ("EditRefused", "The brand does not shout.")

    await run.signal(CustomerJourney.approval, decision(edits=HI))

    await run.result()
    assert [edit.edits for edit in runs.world.edits] == [{"subject": "Hi!"}, HI]
    assert runs.world.deliveries[-1].grant is not None
    assert runs.world.deliveries[-1].grant.edits == HI
