"""Each outcome counts for the decision that it is due to, and an agent's turns share in what later turns bring."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journeys.events import Event
from journeys.parts import EventMatch
from journeys.rewards import USUAL, Rewards
from learning.attribution import Happened, Made, names_of, worths

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REWARDS = Rewards.model_validate(
    {
        "outcomes": {
            "clicked": {"value": 0.5, "within": "2d"},
            "purchased": {"share": 0.5, "within": "7d", "each": True},
            "Feature Used": {"value": 2, "within": "7d"},
        },
        "costs": {"chat": 0.1},
        "discount": 0.1,
    }
)
AFTER = NOON + timedelta(days=60)


def made(day: float, option: str = "mail", rewards: Rewards = REWARDS, goal: EventMatch | None = None) -> Made:
    return Made(option, NOON + timedelta(days=day), rewards, frozenset({f"send_{option}"}), goal)


def event(name: str, day: float, event_id: str = "", **properties: Any) -> Event:
    return Event(id=event_id or f"{name} {day}", name=name, at=NOON + timedelta(days=day), properties=properties)


def click(day: float, step: str, sent: float) -> Happened:
    return Happened(event("Email Link Clicked", day, delivery_id="d"), step, NOON + timedelta(days=sent))


def credited(decisions: list[Made], happened: list[Happened], agent: bool = False) -> list[float | None]:
    return [each.credit for each in worths(decisions, happened, {}, AFTER, agent=agent)]


def test_a_click_counts_for_the_decision_that_led_to_its_message_though_another_came_since():
    assert credited([made(0), made(1, "chat")], [click(1.5, "send_mail", 0.1)]) == [0.5, -0.1]


def test_a_click_on_what_no_option_sent_counts_for_nothing():
    assert credited([made(0)], [click(0.5, "somewhere_else", 0.1)]) == [0.0]


def test_a_click_in_a_mail_counts_for_the_slot_that_it_was_in_and_for_what_sent_the_mail():
    sent = made(0)
    hero, rail = (replace(sent, id=name, in_slot=True) for name in ("hero", "rail"))
    clicked = click(0.5, "send_mail", 0.1)
    in_rail = replace(clicked, event=event("Email Link Clicked", 0.5, delivery_id="d", decision_id="rail"))

    assert [credited([each], [in_rail]) for each in (sent, hero, rail)] == [[0.5], [0.0], [0.5]]
    assert [credited([each], [clicked]) for each in (sent, hero, rail)] == [[0.5], [0.0], [0.0]]


def test_a_click_elsewhere_in_a_mail_says_that_its_slots_were_read():
    rewards = Rewards.model_validate({"outcomes": {"opened": {"value": 1}, "Email Link Clicked": {"value": 5}}})
    hero = replace(made(0, rewards=rewards), id="hero", in_slot=True)

    assert credited([hero], [click(0.5, "send_mail", 0.1)]) == [1.0]


def test_a_click_in_a_slot_counts_for_the_decision_that_put_it_there_and_for_no_other():
    decisions = [replace(made(day), id=f"c_{day}") for day in (0, 1)]
    clicks = [Happened(event("Promotion Clicked", 1.5, decision_id=named)) for named in ("c_0", "c_elsewhere", "")]

    assert credited(decisions, clicks) == [0.5, 0.0]
    assert "Promotion Clicked" in names_of(REWARDS, None)


def test_a_purchase_counts_for_the_last_decision_before_it():
    bought = Happened(event("Order Completed", 2, total=40))
    assert credited([made(0), made(1)], [bought]) == [0.0, 20.0]
    assert credited([made(0), made(3)], [bought]) == [20.0, 0.0]


def test_an_order_that_is_told_of_twice_is_one_and_two_orders_are_two():
    orders = [
        Happened(event("Order Completed", d, f"e{d}", order_id=o, total=10))
        for d, o in ((1, "a"), (2, "a"), (3, "b"))
    ]
    assert credited([made(0)], orders) == [10.0]


def test_a_journey_may_value_any_event_by_its_name():
    assert credited([made(0)], [Happened(event("Feature Used", 1))]) == [2.0]


def test_what_comes_after_its_window_counts_for_nothing():
    assert credited([made(0)], [click(2.5, "send_mail", 0.1)]) == [0.0]


def test_a_goal_is_judged_with_the_event_that_started_the_run():
    goal = EventMatch(event="Order Completed", where="event.product == start.product")
    decision = made(0, rewards=USUAL, goal=goal)
    bought = [Happened(event("Order Completed", 1, product="tent"))]
    assert worths([decision], bought, {"product": "tent"}, AFTER, agent=False)[0].credit == 1.0
    assert worths([decision], bought, {"product": "stove"}, AFTER, agent=False)[0].credit == 0.0


def test_an_agents_turns_are_credited_with_what_later_ones_bring_less_a_share_a_day():
    bought = Happened(event("Order Completed", 2.5, total=20))
    first, second, third = credited([made(0), made(1, "chat"), made(2)], [bought], agent=True)
    assert third == pytest.approx(10)
    assert second == pytest.approx(10 * 0.9 - 0.1)
    assert first == pytest.approx((10 * 0.9 - 0.1) * 0.9)


def test_nothing_counts_while_nothing_happened_and_something_may():
    early = NOON + timedelta(days=1)
    assert [each.credit for each in worths([made(0)], [], {}, early, agent=False)] == [None]
    assert [each.credit for each in worths([made(0)], [click(0.5, "send_mail", 0)], {}, early, agent=False)] == [
        0.5
    ]


def test_only_events_that_can_be_worth_something_are_looked_for():
    names = names_of(REWARDS, EventMatch(event="Signed Up"))
    assert {"Email Link Clicked", "Message Replied", "Order Completed", "Feature Used"} - {
        "Message Replied"
    } <= names
    assert not names & {"Signed Up", "Email Opened", "Page Viewed"}
