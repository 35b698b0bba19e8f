"""The other steps that act, told as journeys: approve, act, set, run another journey, stop."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from tests.workflows.conftest import Runs, asks_first, decision, is_asking
from workflows.journey import CustomerJourney
from workflows.ports import Choice, Denied, Rejected, Unknown

APPROVE = """
journey: approves
owner: maria
start: {event: Product Viewed}
steps:
  - approve: support
    id: review
    about: May we win this customer back?
    within: 8h
    then: [{id: yes_, send: email, content: offer}]
    otherwise: [{id: no_, send: email, content: farewell}]
"""


async def test_a_person_is_asked_and_says_yes(runs: Runs) -> None:
    run = await runs.start(APPROVE)
    await is_asking(run)
    await run.execute_update(CustomerJourney.decide_approval, decision(groups=("support",), reason="a good one"))
    await run.result()
    assert (runs.world.questions[0].about, runs.world.sent) == ("May we win this customer back?", ["yes_"])
    assert (runs.world.records[0].detail, runs.world.records[0].attributes) == ("a good one", {"by": "ada"})
    settled = runs.world.deliveries[0].notes.closed_approvals
    assert [(closed.state, closed.by) for closed in settled] == [("approved", "ada")]


async def test_a_person_is_asked_and_says_no(runs: Runs) -> None:
    run = await runs.start(APPROVE)
    await is_asking(run)
    answer = decision(groups=("support",), approved=False, reason="not worth it")
    await run.execute_update(CustomerJourney.decide_approval, answer)
    await run.result()
    assert runs.world.sent == ["no_"]
    assert runs.world.notes[0].notes.closed_approvals[0].state == "rejected"


async def test_nobody_answers_in_time(runs: Runs) -> None:
    run = await runs.start(APPROVE)
    await run.result()
    assert (runs.world.story[0], runs.world.sent) == ("review expired", ["no_"])
    asked_for = runs.world.deliveries[0].now - runs.now
    assert timedelta(hours=8) <= asked_for < timedelta(hours=8, minutes=1)


ACT = """
journey: acts
owner: maria
budget: {money: 500 EUR}
start: {event: Product Viewed}
steps:
  - id: refund
    act: refund
    with: {order_id: start.order, amount: start.paid / 2.0}
    otherwise: [{stop: not done}]
  - branch: [{if: run.refund.ok, then: [{id: told, send: email, content: refunded}]}]
"""


async def test_an_action_is_given_what_its_expressions_say_and_its_result_can_be_asked_for(runs: Runs) -> None:
    run = await runs.start(ACT, order="o_1", paid=80.5)
    await run.result()
    action = runs.world.actions[0]
    assert (action.tool, action.given) == ("refund", {"order_id": "o_1", "amount": 40.25})
    assert action.policies == {"budget": {"money": "500 EUR"}}
    assert runs.world.sent == ["told"]


@pytest.mark.parametrize(
    ("answer", "ends", "story"),
    [
        (Denied(reason="no tool"), "stopped", "refund denied"),
        (Rejected(delivery_id="d", code="refund.422", reason="no such order"), "stopped", "refund rejected"),
        (Unknown(delivery_id="d", reason="the worker was lost"), "completed", "refund unknown"),
    ],
)
async def test_only_what_was_surely_not_done_goes_the_other_way(
    runs: Runs, answer: Any, ends: str, story: str
) -> None:
    run = await runs.start(ACT, order="o_1", paid=80.5)
    runs.world.answers("refund", answer)
    assert (await run.result()).outcome == ends
    assert runs.world.story[0] == story


async def test_a_service_that_fails_for_a_day_is_given_up(runs: Runs) -> None:
    run = await runs.start(ACT, order="o_1", paid=80.5)
    runs.world.answers("refund", *[ApplicationError("HTTP 503", next_retry_delay=timedelta(hours=3))] * 9)
    await run.result()
    assert runs.world.story[0] == "refund gave_up"
    assert runs.world.records[0].attributes["delivery_id"] == await runs.delivery_id(run, "refund")


async def test_an_action_waits_for_the_person_who_grants_it(runs: Runs) -> None:
    runs.world.answers("refund", asks_first, asks_first)
    run = await runs.start(ACT, order="o_1", paid=80.5)
    await is_asking(run)
    await run.execute_update(CustomerJourney.decide_approval, decision(groups=("support",)))
    await run.result()
    grants = [action.grant for action in runs.world.actions]
    assert grants[0] is None
    (asked,) = runs.world.pauses
    assert (asked.step_id, asked.kind, asked.outcome) == ("refund", "approval", "approved")
    assert grants[1] is not None
    assert (grants[1].by, runs.world.story[0]) == ("ada", "refund done")


async def test_an_action_that_is_refused_by_a_person_goes_the_other_way(runs: Runs) -> None:
    runs.world.answers("refund", asks_first)
    run = await runs.start(ACT, order="o_1", paid=80.5)
    await is_asking(run)
    await run.execute_update(CustomerJourney.decide_approval, decision(groups=("support",), approved=False))
    assert (await run.result()).reason == "not done"
    assert len(runs.world.actions) == 1


async def test_attributes_of_the_run_and_of_the_customer(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: sets
        owner: maria
        start: {event: Product Viewed}
        steps:
          - set: {run.dear: start.price > 100.0, customer.last_seen: start.product_id, run.at: now}
          - branch:
              - if: run.dear && customer.last_seen == "p_1" && timestamp(run.at) < now
                then: [{id: mail, send: email, content: mail}]
        """,
        price=120.5,
        product_id="p_1",
    )
    await run.result()
    assert (runs.world.sent, runs.world.customer) == (["mail"], {"last_seen": "p_1"})


CHOSEN = """
journey: chooses
owner: maria
start: {event: Product Viewed}
steps:
  - choose: offer
    id: offer
    options:
      - option: coupon
        then: [{id: coupon, act: coupon, with: {discount: "10"}}, {id: tell, send: email, content: offer}]
  - {id: after, send: email, content: after}
"""


async def test_what_a_planner_chose_is_known_to_be_its_choice_and_what_follows_is_not(runs: Runs) -> None:
    runs.world.answers("offer", Choice(option="coupon", probability=0.4, why="a guess"))
    await (await runs.start(CHOSEN)).result()
    assert [request.confidence for request in runs.world.actions] == [0.4]
    assert [request.confidence for request in runs.world.deliveries] == [0.4, None]
