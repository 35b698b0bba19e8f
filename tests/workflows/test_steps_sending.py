"""What a send asks for on behalf of its journey, and where it goes when nothing left."""

from datetime import time, timedelta
from typing import Any

import pytest

from journeys.money import Money
from policies.budget import BudgetPolicy
from policies.send_window import SendWindowPolicy
from tests.workflows.conftest import Runs, asks, decision, is_asking, question
from workflows.journey import CustomerJourney
from workflows.ports import Denied, Rejected, Unknown

SEND = """
journey: sends
owner: maria
start: {event: Product Viewed}
send_window: {from: "09:00", to: "18:00", days: [monday, tuesday]}
budget: {messages: 500, money: 90 EUR, costs: {sms: 0.08 EUR}, within: 1d}
policies: {discount_cap: {most: 20%}}
priority: 70
steps:
  - {id: alert, send: [push, email], content: alert, otherwise: [{id: letter, send: email, content: letter}]}
  - {id: after, send: email, content: after}
"""


async def test_the_channels_travel_in_the_order_of_preference(runs: Runs) -> None:
    await (await runs.start(SEND)).result()
    assert runs.world.deliveries[0].channels == ("push", "email")
    assert runs.world.sent == ["alert", "after"]


async def test_the_journeys_window_budget_policies_and_priority_travel_to_the_guard(runs: Runs) -> None:
    await (await runs.start(SEND)).result()
    request = runs.world.deliveries[0]
    assert request.priority == 70
    assert set(request.policies) == {"send_window", "budget", "discount_cap"}
    window = SendWindowPolicy.model_validate(request.policies["send_window"])
    assert (window.start, window.end, window.days) == (time(9), time(18), ("monday", "tuesday"))
    budget = BudgetPolicy.model_validate(request.policies["budget"])
    assert (budget.messages, budget.within) == (500, timedelta(days=1))
    assert (budget.money, budget.costs) == ({"EUR": 90}, {"sms": Money(0.08, "EUR")})


@pytest.mark.parametrize(
    ("if_held", "waits"), [("wait", None), ("skip", timedelta(0)), ("4h", timedelta(hours=4))]
)
async def test_how_long_a_held_message_is_wanted_counts_from_when_its_step_began(
    runs: Runs, if_held: str, waits: timedelta | None
) -> None:
    journey = SEND.replace("content: alert,", f"content: alert, if_held: {if_held},")
    await (await runs.start(journey)).result()
    request = runs.world.deliveries[0]
    assert request.wanted_until == (None if waits is None else request.now + waits)


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (Denied(reason="no consent"), ["alert", "letter", "after"]),
        (Rejected(delivery_id="d", code="fcm.UNREGISTERED", reason="dead token"), ["alert", "letter", "after"]),
        (Unknown(delivery_id="d", reason="no answer"), ["alert", "after"]),
    ],
)
async def test_otherwise_is_done_only_when_nothing_left(runs: Runs, answer: Any, sent: list[str]) -> None:
    runs.world.answers("alert", answer)
    await (await runs.start(SEND)).result()
    assert runs.world.sent == sent


@pytest.mark.parametrize("tier", ["supervised", "human"])
async def test_below_full_autonomy_the_approvers_see_every_message_first(runs: Runs, tier: str) -> None:
    text = SEND.replace("priority: 70", f"tier: {tier}\napprovers: marketing")
    runs.world.answers("alert", asks, asks)
    runs.world.answers("after", asks, asks)
    run = await runs.start(text)
    for _ in range(2):
        await is_asking(run)
        await run.execute_update(CustomerJourney.decide_approval, decision())
    await run.result()
    assert [d.approval.group for d in runs.world.deliveries] == ["marketing"] * 4
    assert [d.grant is not None for d in runs.world.deliveries] == [False, True, False, True]


async def test_a_step_names_its_own_group_whatever_the_tier(runs: Runs) -> None:
    text = SEND.replace("priority: 70", "tier: human\napprovers: marketing").replace(
        "content: after", "content: after, approval: brand"
    )
    await (await runs.start(text)).result()
    assert [d.approval.group for d in runs.world.deliveries] == ["marketing", "brand"]


OFFER = """
journey: offer
owner: maria
start: {event: Product Viewed}
goal: Order Completed
steps:
  - id: offer
    send: email
    content: offer
    offer: {discount: 10%}
    approval: {group: marketing, within: 4h, otherwise: send_without_offer}
"""


async def test_when_nobody_decides_in_time_the_message_leaves_without_its_offer(runs: Runs) -> None:
    runs.world.answers("offer", asks)
    run = await runs.start(OFFER)
    await run.result()

    asked, sent = runs.world.deliveries
    assert sent.now - asked.now >= timedelta(hours=4)
    assert (asked.offer is not None, asked.approval.group) == (True, "marketing")
    assert (sent.offer, sent.approval.group, sent.grant) == (None, None, None)
    assert runs.world.story == ["offer sent"]


async def test_what_a_policy_asks_about_without_the_offer_is_asked_once_and_then_skipped(runs: Runs) -> None:
    runs.world.answers("offer", asks, lambda request: question(request, "brand", "every mail").model_copy(
        update={"approval_id": "a_2"}
    ))  # fmt: skip
    await (await runs.start(OFFER)).result()

    assert [delivery.offer is None for delivery in runs.world.deliveries] == [False, True]
    assert runs.world.story == ["offer expired"]


async def test_what_is_rejected_does_not_leave_without_its_offer_either(runs: Runs) -> None:
    runs.world.answers("offer", asks)
    run = await runs.start(OFFER)
    await is_asking(run)
    await run.execute_update(CustomerJourney.decide_approval, decision(approved=False, reason="no"))
    await run.result()

    assert runs.world.story == ["offer rejected"]
