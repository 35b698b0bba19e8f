"""What a journey's business actions give is counted under its budget, over all customers, on a real store."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from policies.autonomy import AutonomyPolicy
from policies.budget import BudgetPolicy
from policies.spending_anomaly import SpendingAnomalyPolicy
from store.tables import Customer
from tests.activities.conftest import HALF, NOON, RUN, UNASKED, Desk, granted, refund
from workflows.ports import Asked, Denied, Done

FREE = AutonomyPolicy.model_validate({"tiers": [{"tier": "full", "tool": "refund"}]})
FIFTY = {"budget": {"money": "50 EUR"}}


def refund_of(amount: float, customer: str = "c_1", **changes: Any) -> Any:
    run = RUN.model_copy(update={"workflow_id": f"winback:{customer}:{amount}", "customer_id": customer})
    given = changes.pop("given", HALF | {"amount": amount})
    return refund(run=run, given=given, approval=UNASKED, policies=FIFTY, **changes)


@pytest.fixture
def generous(desk: Desk) -> Desk:
    """A desk at which nobody is asked."""
    return replace(desk, policies=(FREE,))


async def test_what_two_customers_get_at_the_same_moment_is_not_more_than_the_budget(generous: Desk):
    async with generous.database.transaction() as session:
        session.add(Customer(id="c_2", traits={}, created_at=NOON))
    results = await asyncio.gather(generous.act(refund_of(30.0)), generous.act(refund_of(30.0, "c_2")))
    [denied] = [result for result in results if isinstance(result, Denied)]
    assert sum(isinstance(result, Done) for result in results) == 1
    assert denied.reason == "it costs 30 EUR, and 20 is left of the journey's budget of 50 EUR in 1 day"
    assert isinstance(await generous.act(refund_of(20.0)), Done)


async def test_what_the_shop_refused_to_refund_was_not_spent(generous: Desk):
    refused = await generous.act(refund_of(50.0, given=HALF | {"order_id": "o_9", "amount": 50.0}))
    assert refused.outcome == "rejected"
    assert isinstance(await generous.act(refund_of(40.0)), Done)


async def test_a_person_cannot_approve_more_than_the_budget(generous: Desk):
    asking = replace(generous, policies=(BudgetPolicy(money={"EUR": 50}),))
    asked = await asking.act(refund(given=HALF))
    assert isinstance(asked, Asked)
    assert isinstance(await asking.act(refund(given=HALF, grant=granted(asked))), Done)
    beyond = await asking.act(refund(given=HALF | {"amount": 20.0}, pass_=1))
    assert beyond.reason == "it costs 20 EUR, and 10 is left of the journey's budget of 50 EUR in 1 day"


async def test_money_that_suddenly_goes_faster_than_on_other_days_waits_for_a_person(generous: Desk):
    careful = replace(generous, policies=(FREE, SpendingAnomalyPolicy(at_least={"EUR": 5}, group="support")))
    for day, amount in enumerate((2.0, 4.0, 2.0)):
        before = NOON - timedelta(days=3 - day, hours=1)
        given = HALF | {"amount": amount}
        await careful.act(refund(given=given, approval=UNASKED, pass_=day, now=before))

    at_once = await careful.act(refund(given=HALF | {"amount": 8.0}, approval=UNASKED, pass_=3))
    asked = await careful.act(refund(given=HALF | {"amount": 3.0}, approval=UNASKED, pass_=4))

    assert isinstance(at_once, Done)
    assert asked.group == "support"
    assert asked.reason == "with it the journey gives 11 EUR today, and 2 EUR on a usual day"


async def test_what_was_given_in_one_currency_is_not_counted_in_another(generous: Desk):
    both = {"budget": {"money": ["50 EUR", "50 GBP"]}}
    pounds = refund_of(40.0, given=HALF | {"amount": 40.0, "currency": "GBP"}).model_copy(
        update={"policies": both}
    )
    euros = refund_of(30.0, "c_1").model_copy(update={"policies": both})
    assert isinstance(await generous.act(pounds), Done)
    assert isinstance(await generous.act(euros), Done)
