"""What a rehearsal tells of the steps that send nothing, and of runs that other runs start."""

from pathlib import Path
from typing import Any

import pytest

from starter.rehearsal.model import Entry
from starter.rehearsal.testing import Rehearse

_FILES = {
    "sojourn.yaml": """
brand: {name: Northwind, address: "Hafenstr. 12, Hamburg", url: "https://northwind.example"}
write_keys: [key]
people:
  - {email: ada@northwind.example, name: Ada, groups: [support], token: token-ada}
channels: {}
""",
    "policies.yaml": "{}\n",
    "catalogue.yaml": "products: []\n",
    "journeys/help.yaml": """
journey: help
owner: maria@northwind.example
start: {event: Help Wanted, where: event.topic == 'tents'}
stop: {event: Page Left, where: "customer.hurried && run.events['Page Left'] >= 2"}
steps:
  - {id: answer, wait_for: Question Answered, within: 2h, then: [{id: thanks, set: {customer.helped: "true"}}]}
  - id: how
    choose: way
    options:
      - {option: call, then: [{id: ask, approve: support, about: May we call?, then: [{id: more, run: more}]}]}
  - {id: bye, stop: all was said}
""",
    "journeys/more.yaml": """
journey: more
owner: maria@northwind.example
start: {event: More Wanted}
steps:
  - {id: pause, wait: 1h}
""",
}


@pytest.fixture
def journey(tmp_path: Path) -> Path:
    for name, text in _FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "content").mkdir()
    return tmp_path / "journeys" / "help.yaml"


async def told(rehearsal: Rehearse, journey: Path, *events: dict[str, Any]) -> list[tuple[str | None, ...]]:
    """What came of a customer's call for help and of what followed, to the minute."""
    wanted = {"at": "0m", "event": "Help Wanted", "topic": "tents"}
    story = await rehearsal(journey, customer={"time_zone": "Europe/Berlin"}, events=[wanted, *events])
    return [(entry.at, entry.what, entry.step) for entry in story.entries]


def hurry(journey: Path) -> None:
    """The journey no longer waits for the one it runs."""
    text = journey.read_text(encoding="utf-8")
    journey.write_text(text.replace("run: more}", "run: more, wait: false}"), encoding="utf-8")


async def test_every_kind_of_step_is_told(rehearsal: Rehearse, journey: Path):
    story = await told(
        rehearsal,
        journey,
        {"at": "30m", "event": "Question Answered"},
        {"at": "1h", "approve": "ask"},
    )

    assert story == [
        ("day 1 14:30", "came", "answer"),
        ("day 1 14:30", "set", "thanks"),
        ("day 1 14:30", "chose", "how"),
        ("day 1 14:30", "asked", "ask"),
        ("day 1 15:00", "approved", "ask"),
        ("day 1 16:00", "ended", None),
        ("day 1 16:00", "completed", "more"),
        ("day 1 16:00", "stopped", "bye"),
        ("day 1 16:00", "ended", None),
    ]


async def test_a_run_that_nobody_waits_for_goes_on_after_the_one_that_asked_for_it(
    rehearsal: Rehearse, journey: Path
):
    hurry(journey)

    story = await told(
        rehearsal, journey, {"at": "30m", "event": "Question Answered"}, {"at": "1h", "approve": "ask"}
    )

    assert story[-3:] == [
        ("day 1 15:00", "stopped", "bye"),
        ("day 1 15:00", "ended", None),
        ("day 1 16:00", "ended", None),
    ]


async def test_what_does_not_come_in_time_is_told(rehearsal: Rehearse, journey: Path):
    story = await told(rehearsal, journey)

    assert story == [
        ("day 1 16:00", "timed_out", "answer"),
        ("day 1 16:00", "chose", "how"),
        ("day 1 16:00", "asked", "ask"),
        ("day 2 16:00", "expired", "ask"),
        ("day 2 16:00", "stopped", "bye"),
        ("day 2 16:00", "ended", None),
    ]


async def test_a_start_whose_condition_does_not_hold_starts_nothing(rehearsal: Rehearse, journey: Path):
    wanted = {"at": "0m", "event": "Help Wanted", "topic": "boots"}

    story = await rehearsal(journey, customer={}, events=[wanted])

    assert story.entries == []


async def test_a_time_zone_that_is_not_known_is_that_of_the_project(rehearsal: Rehearse, journey: Path):
    wanted = {"at": "day 1 23:30", "event": "Help Wanted", "topic": "tents"}

    story = await rehearsal(journey, customer={}, events=[wanted])

    assert story.entries[0] == Entry(
        at="day 2 01:30", what="timed_out", step="answer", why="no Question Answered within 2h"
    )


async def test_a_stop_asks_for_the_customer_and_counts(rehearsal: Rehearse, journey: Path):
    wanted = {"at": "0m", "event": "Help Wanted", "topic": "tents"}
    left = [{"at": at, "event": "Page Left"} for at in ("5m", "10m")]

    story = await rehearsal(journey, customer={"traits": {"hurried": True}}, events=[wanted, *left])

    assert [(entry.at, entry.what) for entry in story.entries] == [("day 1 14:10", "ended")]
    assert story.outcome == "stop"
