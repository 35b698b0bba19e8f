from datetime import timedelta

from policies.budget import BudgetPolicy
from policies.model import Allow, Deny
from tests.policies.conftest import facts

DAY = timedelta(days=1)
TWO_EUROS = BudgetPolicy(money=2, costs={"sms": 0.5})


def test_a_budget_counts_messages_over_all_channels():
    most_three = BudgetPolicy(messages=3)

    assert most_three.judge(facts(journey_sent={DAY: {"email": 1, "sms": 1}})) == Allow()
    verdict = most_three.judge(facts(journey_sent={DAY: {"email": 2, "sms": 1}}))
    assert verdict == Deny(reason="the journey's budget of 3 messages in 1d is spent")


def test_a_budget_of_money_is_not_overdrawn_by_the_next_message():
    assert TWO_EUROS.judge(facts("sms", journey_sent={DAY: {"sms": 3}})) == Allow()
    verdict = TWO_EUROS.judge(facts("sms", journey_sent={DAY: {"sms": 4}}))
    assert verdict == Deny(reason="the journey's budget of 2 in 1d is spent")


def test_a_channel_that_costs_nothing_goes_on_when_the_money_is_spent():
    assert TWO_EUROS.judge(facts("email", journey_sent={DAY: {"sms": 4, "email": 90}})) == Allow()


def test_a_budget_counts_the_stretch_that_it_names_whatever_other_budgets_there_are():
    sent = {DAY: {"email": 2}, timedelta(days=7): {"email": 3}}

    assert BudgetPolicy(messages=3).judge(facts(journey_sent=sent)) == Allow()
    assert isinstance(BudgetPolicy(messages=3, within=timedelta(days=7)).judge(facts(journey_sent=sent)), Deny)
