"""Discounts: one at a time, none below the margin, small ones for customers of high value."""

from datetime import timedelta

import pytest

from policies.high_value import HighValuePolicy
from policies.margin_floor import MarginFloorPolicy
from policies.model import Allow, Deny, NeedsApproval
from policies.one_offer import OneOfferPolicy
from tests.policies.conftest import NOON, contact, facts

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

    assert verdict == Deny(reason="the customer was made 1 offer(s) in this session")


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


@pytest.mark.parametrize(("value", "allowed"), [(2_000, False), (10, True), (None, True), ("much", True)])
def test_a_customer_of_high_value_gets_no_large_discount(value: object, allowed: bool):
    known = {"orders": {"value": value}}

    verdict = HighValuePolicy(most_discount=5).judge(facts(discount=10, attributes=known))

    assert (verdict == Allow()) is allowed


def test_a_customer_of_high_value_gets_few_messages():
    known = {"orders": {"value": 5_000}}
    week = tuple(contact(NOON - timedelta(days=day)) for day in (1, 2, 3))

    verdict = HighValuePolicy(most_messages=3).judge(facts(attributes=known, contacts=week))

    assert verdict == Deny(reason="a high-value customer gets at most 3 messages a week")
