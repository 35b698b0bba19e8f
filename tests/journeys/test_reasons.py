"""What brought a run to a step, as a marketer would say it."""

from typing import Any

import pytest

from journeys.model import Journey, Start
from journeys.reasons import say_beginning, say_end_of_wait, say_led_here

READ = {"event": "Message Read", "where": "event.step == 'second_look'"}
OFFER: dict[str, Any] = {"id": "offer", "send": "email", "content": "offer"}


def journey(*steps: dict[str, Any]) -> Journey:
    return Journey.model_validate({"journey": "j", "owner": "m", "start": {"event": "E"}, "steps": list(steps)})


@pytest.mark.parametrize(
    ("name", "properties", "start", "words"),
    [
        ("Product Viewed", {}, {"event": "Product Viewed"}, "it began with “Product Viewed”"),
        (
            "Segment Entered",
            {"segment": "drifting"},
            {"segment": "drifting"},
            "it began as they became one of “drifting”",
        ),
        ("Journey Requested", {}, {"schedule": "daily at 09:00"}, "it began on schedule: daily at 09:00"),
        ("Journey Requested", {}, {"api": True}, "it began as it was asked for"),
        ("Journey Requested", {"asked_by": {}}, {"api": True}, "it began as another journey asked for it"),
    ],
)
def test_how_a_run_began(name: str, properties: dict[str, Any], start: dict[str, Any], words: str):
    assert say_beginning(name, properties, Start.model_validate(start)) == words


@pytest.mark.parametrize(
    ("step", "came", "words"),
    [
        ({"wait": "3d"}, "", "3 days passed"),
        ({"wait": "1h 30m"}, "", "1 hour 30 minutes passed"),
        ({"wait": "next day at 10:00"}, "", "the wait until the next day at 10:00 was over"),
        ({"wait": "at 10:00"}, "", "the wait until 10:00 was over"),
        ({"wait": "monday at 09:00"}, "", "the wait until Monday at 09:00 was over"),
        ({"wait": {"until": "start.leaves", "minus": "2d"}}, "", "the wait until start.leaves minus 2d was over"),
        ({"wait_for": "Order Placed", "within": "3d"}, "", "3 days passed without “Order Placed”"),
        ({"wait_for": "Order Placed", "within": "3d"}, "Order Placed", "“Order Placed” came"),
        ({"wait_for": ["A", "B"], "need": "all", "within": "1d"}, "", "1 day passed without “A” and “B”"),
        ({"wait_for": ["A", "B"], "need": "all", "within": "1d"}, "A and B", "“A” came and “B” came"),
        (
            {"wait_for": ["A", "B"], "within": "monday at 09:00"},
            "",
            "the wait until Monday at 09:00 was over without “A” or “B”",
        ),
        ({"wait_for": READ, "within": "4h"}, "", "4 hours passed, and “second look” was not read"),
        ({"wait_for": ["A", READ], "within": "4h"}, "Message Read", "“second look” was read"),
        ({"wait_for": {"event": "Message Replied"}, "within": "4h"}, "Message Replied", "a message was answered"),
    ],
)
def test_what_ended_a_wait(step: dict[str, Any], came: str, words: str):
    [waited] = journey(step).steps
    assert say_end_of_wait(waited, bool(came), came) == words


@pytest.mark.parametrize(
    ("around", "words"),
    [
        (
            {"id": "worth", "branch": [{"if": "start.value > 100", "then": [OFFER]}]},
            "at “worth”, start.value > 100",
        ),
        (
            {"branch": [{"if": "start.value > 100", "then": [{"wait": "1d"}]}], "otherwise": [OFFER]},
            "none of the conditions held",
        ),
        ({"split": "colours", "arms": [{"arm": "red", "then": [OFFER]}, {"arm": "blue"}]}, "the arm “red”"),
        (
            {"wait_for": "Order Placed", "within": "3d", "otherwise": [OFFER]},
            "3 days passed without “Order Placed”",
        ),
        ({"wait_for": {"event": "Order Placed", "then": [OFFER]}, "within": "3d"}, "“Order Placed” came"),
        ({"send": "push", "content": "nudge", "otherwise": [OFFER]}, "nudge did not leave"),
        ({"act": "refund", "with": {}, "otherwise": [OFFER]}, "refund was not done"),
        ({"approve": "brand", "about": "'x'", "then": [OFFER]}, "a person agreed"),
        ({"repeat": 3, "steps": [OFFER]}, "round after round"),
    ],
)
def test_why_a_journey_led_there_without_an_id_that_nobody_wrote(around: dict[str, Any], words: str):
    assert say_led_here(journey(around).steps, "offer") == [words]


def test_of_several_ways_the_outer_comes_first_and_a_planners_is_left_out():
    option = {"option": "mail", "then": [OFFER]}
    choice = {"id": "nudge", "choose": "best", "planner": "random", "options": [option, {"option": "nothing"}]}
    steps = journey({"branch": [{"if": "start.value > 100", "then": [choice]}]}).steps
    assert say_led_here(steps, "offer") == ["start.value > 100", "at “nudge”, the option “mail”"]
    assert say_led_here(steps, "offer", "nudge") == ["start.value > 100"]
