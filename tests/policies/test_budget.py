from policies.budget import BudgetPolicy
from policies.model import Allow, Deny
from tests.policies.conftest import facts

TWO_EUROS = BudgetPolicy(money=2, costs={"sms": 0.5})


def test_a_budget_counts_messages_over_all_channels():
    most_three = BudgetPolicy(messages=3)

    assert most_three.judge(facts(journey_sent={"email": 1, "sms": 1})) == Allow()
    verdict = most_three.judge(facts(journey_sent={"email": 2, "sms": 1}))
    assert verdict == Deny(reason="the journey's budget of 3 messages in 1d is spent")


def test_a_budget_of_money_is_not_overdrawn_by_the_next_message():
    assert TWO_EUROS.judge(facts("sms", journey_sent={"sms": 3})) == Allow()
    verdict = TWO_EUROS.judge(facts("sms", journey_sent={"sms": 4}))
    assert verdict == Deny(reason="the journey's budget of 2 in 1d is spent")


def test_a_channel_that_costs_nothing_goes_on_when_the_money_is_spent():
    assert TWO_EUROS.judge(facts("email", journey_sent={"sms": 4, "email": 90})) == Allow()
