"""Discounts: one at a time, none below the margin, small ones for customers of high value."""

import re
from datetime import timedelta

import pytest
from pydantic import ValidationError

from journeys.parts import Purpose
from policies.high_value import HighValuePolicy
from policies.margin_floor import MarginFloorPolicy
from policies.model import Allow, Deny, NeedsApproval
from policies.one_offer import OneOfferPolicy
from tests.policies.conftest import NOON, contact, facts

PURPOSES: tuple[Purpose, Purpose] = ("marketing", "transactional")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def offer(discount: float, journey: str = "j", ago: timedelta = 2 * HOUR, left: timedelta = HOUR):
    return contact(NOON - ago, journey=journey, discount=discount, offer_until=NOON + left)


def test_an_offer_of_another_journey_that_still_holds_forbids_a_second():
    verdict = OneOfferPolicy().judge(facts(discount=10, contacts=(offer(10, "cart"),)))

    assert verdict == Deny(reason="the customer has an offer of 10 % from 'cart' already")


def test_an_offer_that_still_holds_is_not_contradicted():
    verdict = OneOfferPolicy().judge(facts(discount=15, contacts=(offer(10),)))

    assert verdict == Deny(reason="the customer has an offer of 10 % that still holds")


def test_the_same_offer_may_be_repeated_while_it_holds():
    assert OneOfferPolicy().judge(facts(discount=10, contacts=(offer(10),))) == Allow()


def test_an_offer_that_has_ended_forbids_nothing():
    assert OneOfferPolicy().judge(facts(discount=15, contacts=(offer(10, "cart", left=-HOUR),))) == Allow()


def test_a_session_sees_one_offer():
    verdict = OneOfferPolicy().judge(facts(discount=10, contacts=(offer(10, ago=10 * MINUTE),)))

    assert verdict == Deny(reason="the customer was made an offer in this session")


@pytest.mark.parametrize(("discount", "allowed"), [(20, True), (30, False), (40, False), (100, False)])
def test_enough_of_the_lower_price_must_be_margin(discount: float, allowed: bool):
    """Of 100 with 40 margin: 20 off leaves 20 of 80, or 25 %; 30 off leaves 10 of 70, or 14.3 %."""
    verdict = MarginFloorPolicy(least=15).judge(facts(discount=discount, about={"margin": 40}))

    assert (verdict == Allow()) is allowed


def test_a_margin_that_nobody_knows_is_put_before_a_person():
    policy = MarginFloorPolicy(group="finance")

    assert policy.judge(facts(discount=5)) == NeedsApproval(
        group="finance", reason="the catalogue does not say what margin the product has"
    )
    assert policy.judge(facts(discount=5, approved=True)) == Allow()


SPENDERS = HighValuePolicy.model_validate({"at_least": ["1000 EUR", "800 GBP"]})


@pytest.mark.parametrize(
    ("spent", "allowed"),
    [
        ({"EUR": 1_000.0}, False),
        ({"GBP": 900.0}, False),
        ({"EUR": 900.0}, True),
        ({"EUR": 900.0, "GBP": 700.0}, True),
        ({"EUR": 10.0, "USD": -5.0, "": -5.0}, True),
        ({}, True),
        (None, True),
    ],
)
def test_what_a_customer_spent_counts_in_each_currency_by_itself(spent: object, allowed: bool):
    verdict = SPENDERS.judge(facts(discount=10, attributes={"orders": {"spent": spent}}))

    assert verdict == (Allow() if allowed else Deny(reason="10 % off is above 5 % for a high-value customer"))


@pytest.mark.parametrize(
    ("currency", "who"),
    [
        ("USD", "a customer with orders in USD, for which 'at_least' of 'high_value' says no limit"),
        ("", "a customer whose orders name no 'currency': nobody knows whether they are of high value"),
    ],
)
def test_who_spent_in_a_currency_without_a_limit_is_taken_for_one_of_high_value(currency: str, who: str):
    known = {"orders": {"spent": {"EUR": 10.0, currency: 3.0}}}

    assert SPENDERS.judge(facts(discount=10, attributes=known)) == Deny(reason=f"10 % off is above 5 % for {who}")


@pytest.mark.parametrize(("value", "allowed"), [(2_000, False), (10, True), (None, True), ("much", True)])
def test_high_value_may_be_any_number_that_is_known_of_a_customer(value: object, allowed: bool):
    by_plan = HighValuePolicy(attribute="plan_value", at_least=1_000)

    assert (by_plan.judge(facts(discount=10, attributes={"plan_value": value})) == Allow()) is allowed


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"at_least": 1_000}, "'orders.spent' is money: write 'at_least' with its currency, as in 1000 EUR"),
        ({"attribute": "plan_value"}, "say from which number of 'plan_value' on with 'at_least'"),
        ({"attribute": "plan_value", "at_least": "1000 EUR"}, "without a currency"),
        ({"at_least": "much"}, "'much' is no amount with its currency"),
    ],
)
def test_what_cannot_be_compared_is_a_mistake_in_the_settings(settings: dict[str, object], wrong: str):
    with pytest.raises(ValidationError, match=re.escape(wrong)):
        HighValuePolicy.model_validate(settings)


def test_a_customer_of_high_value_gets_few_messages_of_marketing():
    known = {"orders": {"spent": {"EUR": 5_000.0}}}
    days = [NOON - timedelta(days=day) for day in (1, 2, 3)]
    adverts, receipts = (tuple(contact(day, purpose=purpose) for day in days) for purpose in PURPOSES)

    verdict = SPENDERS.judge(facts(attributes=known, contacts=adverts))

    assert verdict == Deny(reason="at most 3 messages a week go to a high-value customer")
    assert SPENDERS.judge(facts(attributes=known, contacts=receipts)) == Allow()
