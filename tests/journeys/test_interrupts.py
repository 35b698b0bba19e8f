from datetime import UTC, datetime
from typing import Any

import pytest

from journeys.events import Event
from journeys.interrupts import InterruptRules
from journeys.parts import EventMatch, Goal

NOW = datetime(2026, 3, 3, 14, tzinfo=UTC)
START = Event(id="e0", name="Product Viewed", at=NOW, properties={"product_id": "tent", "price": 300})
BOUGHT = Goal.model_validate(
    {"event": "Order Completed", "where": "event.products.exists(p, p.product_id == start.product_id)"}
)
RULES = InterruptRules(
    goal=BOUGHT,
    stop=(
        EventMatch(event="Complaint Opened"),
        EventMatch(event="Price Changed", where="event.price > start.price"),
    ),
)


def judged(
    name: str, rules: InterruptRules = RULES, run: dict[str, Any] | None = None, **properties: Any
) -> str | None:
    """The kind of interrupt that an event is, or None."""
    event = Event(id="e1", name=name, at=NOW, properties=properties)
    interrupt = rules.judge(event, START, run or {}, NOW)
    assert interrupt is None or interrupt.event == event
    return interrupt.kind if interrupt else None


@pytest.mark.parametrize(
    ("bought", "kind"), [(["tent"], "goal"), (["boots", "tent"], "goal"), (["boots"], None), ([], None)]
)
def test_the_goal_is_reached_by_an_order_of_the_product_that_started_the_run(bought: list[str], kind: str | None):
    assert judged("Order Completed", products=[{"product_id": product} for product in bought]) == kind


def test_an_order_without_products_reaches_no_goal():
    assert judged("Order Completed") is None


def test_a_stop_event_ends_the_run():
    assert judged("Complaint Opened") == "stop"


@pytest.mark.parametrize(("price", "kind"), [(301, "stop"), (300, None), ("301", None)])
def test_a_stop_event_may_compare_with_the_start(price: object, kind: str | None):
    assert judged("Price Changed", price=price) == kind


def test_an_opt_out_of_everything_ends_every_run():
    assert judged("Unsubscribed", rules=InterruptRules()) == "opt_out"


def test_an_opt_out_of_one_channel_ends_none():
    assert judged("Unsubscribed", channel="email") is None


def test_a_goal_goes_before_a_stop_and_before_an_opt_out():
    both = InterruptRules(goal=Goal(event="Unsubscribed"), stop=(EventMatch(event="Unsubscribed"),))

    assert judged("Unsubscribed", rules=both) == "goal"


def test_a_stop_may_look_at_what_the_run_did():
    rules = InterruptRules(stop=(EventMatch(event="Email Opened", where="run.offer.sent"),))

    assert judged("Email Opened", rules=rules, run={"offer": {"sent": True}}) == "stop"
    assert judged("Email Opened", rules=rules, run={"offer": {"sent": False}}) is None
    assert judged("Email Opened", rules=rules) is None


def test_any_other_event_is_no_interrupt():
    assert judged("Product Viewed") is None


def test_the_rules_name_every_event_that_can_interrupt():
    assert RULES.names() == {
        "Unsubscribed",
        "Customer Erased",
        "Journey Called Off",
        "Order Completed",
        "Complaint Opened",
        "Price Changed",
    }
    assert InterruptRules().names() == {"Unsubscribed", "Customer Erased", "Journey Called Off"}


def test_a_stop_can_ask_for_the_customer_and_is_no_stop_where_they_are_not_known():
    rules = InterruptRules(
        stop=(EventMatch(event="Left", where="customer.tier == 'gold'"), EventMatch(event="Gone"))
    )
    left = Event(id="e1", name="Left", at=NOW)
    gold = rules.judge(left, START, {}, NOW, {"tier": "gold"})
    assert gold is not None
    assert gold.kind == "stop"
    assert rules.judge(left, START, {}, NOW) is None
    assert [rules.asked(name) for name in ("Left", "Gone", "Other", None)] == [{"tier": ()}, {}, {}, {"tier": ()}]
