"""A journey written in Python is the journey a file gives."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from pydantic import ValidationError

from journeys.builder import (
    act,
    agent,
    approve,
    arm,
    branch,
    choose,
    event,
    goal,
    journey,
    offer,
    option,
    repeat,
    run,
    send,
    set_,
    split,
    start,
    stop,
    until,
    wait,
    wait_for,
    when,
)
from journeys.loader import load_journey
from journeys.model import Journey
from journeys.steps import VERBS, verb, walk
from tests.conftest import RETAIL

BROWSE_ABANDONMENT = journey(
    "browse-abandonment",
    wait("30m"),
    send("email", "browse-reminder", id="reminder"),
    wait("4h"),
    branch(
        when(
            "run.reminder.opened && !run.reminder.clicked",
            send("push", "browse-second-look", id="second_look"),
        ),
        otherwise=[send("push", "browse-related", id="related")],
    ),
    wait("next day at 10:00"),
    send("whatsapp", "browse-offer", offer=offer("10%", valid="24h"), approval="marketing", id="offer"),
    owner="maria@northwind.example",
    start=start("Product Viewed", key="event.product_id", again="after 7d"),
    goal=goal("Order Completed", where="event.products.exists(p, p.product_id == start.product_id)"),
)

EVERYTHING = """
journey: everything
owner: maria
start: {segment: customer.churn > 0.5, again: one at a time}
goal: {event: Order Completed, within: 20d}
stop: [{event: Ticket Opened, where: event.urgent}, Account Closed]
life: 40d
steps:
  - {wait: {until: customer.renews_on, minus: 7d, at: "09:00"}}
  - wait_for: [{event: Cart Updated, then: [{stop: shopping}]}, Card Added]
    within: 2d
    restart: [Section Saved]
    otherwise: [{send: [push, email], content: hello}]
  - {wait_for: [Help Asked, Help Given], need: all, within: 1d}
  - split: subject
    arms: [{arm: a, weight: 3}, {arm: b, then: [{wait: 1h}]}]
  - choose: what
    planner: random
    options: [{option: a, if: customer.pro, then: [{wait: 1h}]}, {option: b}]
  - {agent: activate, goal: Used, horizon: 14d, cadence: 2d, most: 3, actions: [{option: tip}], then: [{wait: 1h}]}
  - {approve: support, about: May we?, within: 8h, then: [{wait: 1h}]}
  - {act: refund, with: {amount: start.paid}, approval: support}
  - {set: {run.tried: "true"}}
  - {run: recovery, wait: false}
  - {repeat: 3, while: "!run.tried", steps: [{wait: 1h}]}
"""


def test_the_retail_journey_in_python_is_the_one_in_its_file():
    file = load_journey(RETAIL / "journeys" / "browse-abandonment.yaml")
    assert file == BROWSE_ABANDONMENT
    assert file.version == BROWSE_ABANDONMENT.version


def test_every_kind_of_step_in_python_is_the_one_in_a_file(read: Callable[[str], Journey]):
    built = journey(
        "everything",
        wait(until("customer.renews_on", minus="7d", at=time(9))),
        wait_for(
            event("Cart Updated", stop("shopping")),
            "Card Added",
            within="2d",
            restart=["Section Saved"],
            otherwise=[send(["push", "email"], "hello")],
        ),
        wait_for("Help Asked", "Help Given", need="all", within="1d"),
        split("subject", arm("a", weight=3), arm("b", wait("1h"))),
        choose("what", option("a", wait("1h"), when="customer.pro"), option("b"), planner="random"),
        agent("activate", option("tip"), goal="Used", horizon="14d", cadence="2d", most=3, then=[wait("1h")]),
        approve("support", "May we?", within="8h", then=[wait("1h")]),
        act("refund", {"amount": "start.paid"}, approval="support"),
        set_({"run.tried": "true"}),
        run("recovery", wait=False),
        repeat(3, wait("1h"), condition="!run.tried"),
        owner="maria",
        start=start(segment="customer.churn > 0.5", again="one at a time"),
        goal=goal("Order Completed", within=timedelta(days=20)),
        stop=[event("Ticket Opened", where="event.urgent"), "Account Closed"],
        life="40d",
    )
    file = read(EVERYTHING)
    assert built == file
    assert built.version == file.version
    assert {verb(step) for step in walk(built.steps)} | {"branch"} == set(VERBS)


def test_a_length_of_time_may_be_a_timedelta():
    assert wait(timedelta(hours=4)).wait == "4h"
    assert offer(10, valid=timedelta(hours=24)) == offer("10%")


def test_what_a_file_may_not_say_python_may_not_say_either():
    with pytest.raises(ValidationError, match="does not compile"):
        when("run.mail.opened &&", wait("1h"))
    with pytest.raises(ValidationError, match="is not a duration"):
        wait("soon")
