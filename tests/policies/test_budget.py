from datetime import timedelta
from typing import Any

import pytest

from policies.budget import BudgetPolicy
from policies.model import Allow, Deny, Facts
from tests.policies.conftest import facts

DAY = timedelta(days=1)
TWO_EUROS = BudgetPolicy(money=2, costs={"sms": 0.5})


def test_a_budget_counts_messages_over_all_channels():
    most_three = BudgetPolicy(messages=3)

    assert most_three.judge(facts(journey_sent={DAY: {"email": 1, "sms": 1}})) == Allow()
    verdict = most_three.judge(facts(journey_sent={DAY: {"email": 2, "sms": 1}}))
    assert verdict == Deny(reason="the journey's budget of 3 messages in 1d is spent", alert=True)


def test_a_budget_of_money_is_not_overdrawn_by_the_next_message():
    assert TWO_EUROS.judge(facts("sms", journey_sent={DAY: {"sms": 3}})) == Allow()
    verdict = TWO_EUROS.judge(facts("sms", journey_sent={DAY: {"sms": 4}}))
    assert verdict == Deny(reason="it costs 0.5, and 0 is left of the journey's budget of 2 in 1d", alert=True)


def test_a_channel_that_costs_nothing_goes_on_when_the_money_is_spent():
    assert TWO_EUROS.judge(facts("email", journey_sent={DAY: {"sms": 4, "email": 90}})) == Allow()


def test_a_budget_counts_the_stretch_that_it_names_whatever_other_budgets_there_are():
    sent = {DAY: {"email": 2}, timedelta(days=7): {"email": 3}}

    assert BudgetPolicy(messages=3).judge(facts(journey_sent=sent)) == Allow()
    assert isinstance(BudgetPolicy(messages=3, within=timedelta(days=7)).judge(facts(journey_sent=sent)), Deny)


def refund_of(amount: float | None, **known: Any) -> Facts:
    return facts("action", "transactional", about={"tool": "refund", "amount": amount}, **known)


@pytest.mark.parametrize(
    ("amount", "gave", "sent", "verdict"),
    [
        (40, 60, 0, Allow()),
        (
            40.01,
            60,
            0,
            Deny(reason="it costs 40.01, and 40 is left of the journey's budget of 100 in 1d", alert=True),
        ),
        (40, 60, 1, Deny(reason="it costs 40, and 39.5 is left of the journey's budget of 100 in 1d", alert=True)),
        (40, 120, 0, Deny(reason="it costs 40, and 0 is left of the journey's budget of 100 in 1d", alert=True)),
        (None, 120, 0, Allow()),
    ],
)
def test_what_business_actions_give_and_messages_cost_is_one_budget(
    amount: float | None, gave: float, sent: int, verdict: Allow | Deny
):
    hundred = BudgetPolicy(money=100, costs={"sms": 0.5})
    assert hundred.judge(refund_of(amount, journey_gave={DAY: gave}, journey_sent={DAY: {"sms": sent}})) == verdict


def test_a_message_is_not_paid_from_what_was_refunded():
    verdict = TWO_EUROS.judge(facts("sms", journey_gave={DAY: 1.8}))
    assert verdict == Deny(reason="it costs 0.5, and 0.2 is left of the journey's budget of 2 in 1d", alert=True)


def test_a_budget_of_messages_does_not_stop_a_business_action():
    assert BudgetPolicy(messages=1).judge(refund_of(40, journey_sent={DAY: {"email": 5}})) == Allow()


def test_sums_of_cents_are_not_overdrawn_by_how_a_machine_counts():
    assert (
        BudgetPolicy(money=0.3, costs={"sms": 0.1}).judge(facts("sms", journey_sent={DAY: {"sms": 2}})) == Allow()
    )


def test_what_business_actions_gave_is_counted_only_for_a_budget_of_money():
    assert (BudgetPolicy().needed, TWO_EUROS.needed) == (frozenset(), {"spending"})
