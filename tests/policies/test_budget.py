from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from journeys.money import Money
from policies.budget import BudgetPolicy
from policies.model import Allow, Deny, Facts
from tests.policies.conftest import facts

DAY = timedelta(days=1)
TWO_EUROS = BudgetPolicy(money={"EUR": 2}, costs={"sms": Money(0.5, "EUR")})


def test_a_budget_counts_messages_over_all_channels():
    most_three = BudgetPolicy(messages=3)

    assert most_three.judge(facts(journey_sent={DAY: {"email": 1, "sms": 1}})) == Allow()
    verdict = most_three.judge(facts(journey_sent={DAY: {"email": 2, "sms": 1}}))
    assert verdict == Deny(reason="the journey's budget of 3 messages in 1 day is spent", alert=True)


def test_a_budget_of_money_is_not_overdrawn_by_the_next_message():
    assert TWO_EUROS.judge(facts("sms", journey_sent={DAY: {"sms": 3}})) == Allow()
    verdict = TWO_EUROS.judge(facts("sms", journey_sent={DAY: {"sms": 4}}))
    assert verdict == Deny(
        reason="it costs 0.5 EUR, and 0 is left of the journey's budget of 2 EUR in 1 day", alert=True
    )


def test_a_channel_that_costs_nothing_goes_on_when_the_money_is_spent():
    assert TWO_EUROS.judge(facts("email", journey_sent={DAY: {"sms": 4, "email": 90}})) == Allow()


def test_a_budget_counts_the_stretch_that_it_names_whatever_other_budgets_there_are():
    sent = {DAY: {"email": 2}, timedelta(days=7): {"email": 3}}

    assert BudgetPolicy(messages=3).judge(facts(journey_sent=sent)) == Allow()
    assert isinstance(BudgetPolicy(messages=3, within=timedelta(days=7)).judge(facts(journey_sent=sent)), Deny)


def refund_of(amount: float | None, currency: str = "EUR", **known: Any) -> Facts:
    about = {"tool": "refund", "amount": amount, "currency": currency}
    return facts("action", "transactional", about=about, **known)


@pytest.mark.parametrize(
    ("amount", "gave", "sent", "verdict"),
    [
        (40, 60, 0, Allow()),
        (
            40.01,
            60,
            0,
            Deny(
                reason="it costs 40.01 EUR, and 40 is left of the journey's budget of 100 EUR in 1 day", alert=True
            ),
        ),
        (
            40,
            60,
            1,
            Deny(
                reason="it costs 40 EUR, and 39.5 is left of the journey's budget of 100 EUR in 1 day", alert=True
            ),
        ),
        (
            40,
            120,
            0,
            Deny(reason="it costs 40 EUR, and 0 is left of the journey's budget of 100 EUR in 1 day", alert=True),
        ),
        (None, 120, 0, Allow()),
    ],
)
def test_what_business_actions_give_and_messages_cost_is_one_budget(
    amount: float | None, gave: float, sent: int, verdict: Allow | Deny
):
    hundred = BudgetPolicy(money={"EUR": 100}, costs={"sms": Money(0.5, "EUR")})
    assert (
        hundred.judge(refund_of(amount, journey_gave={DAY: {"EUR": gave}}, journey_sent={DAY: {"sms": sent}}))
        == verdict
    )


def test_a_message_is_not_paid_from_what_was_refunded():
    verdict = TWO_EUROS.judge(facts("sms", journey_gave={DAY: {"EUR": 1.8}}))
    assert verdict == Deny(
        reason="it costs 0.5 EUR, and 0.2 is left of the journey's budget of 2 EUR in 1 day", alert=True
    )


def test_a_budget_of_messages_does_not_stop_a_business_action():
    assert BudgetPolicy(messages=1).judge(refund_of(40, journey_sent={DAY: {"email": 5}})) == Allow()


def test_sums_of_cents_are_not_overdrawn_by_how_a_machine_counts():
    thirty_cents = BudgetPolicy(money={"EUR": 0.3}, costs={"sms": Money(0.1, "EUR")})
    assert thirty_cents.judge(facts("sms", journey_sent={DAY: {"sms": 2}})) == Allow()


def test_an_amount_counts_only_against_the_limit_in_its_own_currency():
    both = BudgetPolicy(money={"EUR": 100, "GBP": 50}, costs={"sms": Money(0.5, "EUR")})
    known: dict[str, Any] = {"journey_gave": {DAY: {"EUR": 99, "GBP": 20}}, "journey_sent": {DAY: {"sms": 2}}}

    assert both.judge(refund_of(30, "GBP", **known)) == Allow()
    assert isinstance(both.judge(refund_of(31, "GBP", **known)), Deny)
    verdict = both.judge(facts("sms", **known))
    assert verdict == Deny(
        reason="it costs 0.5 EUR, and 0 is left of the journey's budget of 100 EUR in 1 day", alert=True
    )


@pytest.mark.parametrize(
    ("currency", "reason"),
    [
        ("JPY", "it costs 40 JPY, and the journey's budget is in EUR: add a limit in JPY to its 'money'"),
        (
            "",
            "it gives 40 and names no currency, and the journey's budget is in EUR: give the tool its 'currency'",
        ),
    ],
)
def test_what_no_limit_is_stated_for_is_not_free(currency: str, reason: str):
    assert TWO_EUROS.judge(refund_of(40, currency)) == Deny(reason=reason, alert=True)


def test_a_channel_that_costs_another_currency_than_the_budget_has_is_told_when_the_file_is_read():
    with pytest.raises(
        ValidationError, match=r"'sms' costs 0.08 USD, and no limit is said in USD: add one to 'money'"
    ):
        BudgetPolicy.model_validate({"money": "500 EUR", "costs": {"sms": "0.08 USD"}})


def test_what_business_actions_gave_is_counted_only_for_a_budget_of_money():
    assert (BudgetPolicy().needed, TWO_EUROS.needed) == (frozenset(), {"spending"})
