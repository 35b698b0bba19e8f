"""What is told of a shopper, in the order in which they lived it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starter.demo.shoppers import shoppers
from starter.demo.story import Story

_NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
_RETAIL = Path(__file__).parents[2] / "examples" / "retail" / "catalogue.yaml"


def test_a_shopper_who_lived_on_while_a_person_decided_does_not_go_back_in_time():
    shopper = replace(shoppers(7, _RETAIL, _NOW)[0], zone="UTC")
    story = Story([shopper], _NOW)
    [part] = story.parts

    story.tell(part, "buys it", _NOW + timedelta(minutes=23))
    story.tell(part, "journey over: the goal is reached")  # by the run's clock, which stood still

    assert [f"{told.at:%H:%M} {told.text}" for told in story.happenings] == [
        "10:23 buys it",
        "10:23 journey over: the goal is reached",
    ]
