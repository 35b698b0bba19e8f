"""A journey that a schedule starts is rehearsed from its schedule."""

import shutil
from pathlib import Path

import pytest

from starter.rehearsal.testing import Rehearse
from tests.conftest import RETAIL
from tests.rehearsal.conftest import LENA

_NEWS = """
journey: browse-abandonment
owner: maria@northwind.example
start: {schedule: %s, where: "customer.plan == 'club'", again: any time}
steps:
  - {id: pause, wait: 1h}
  - {id: over, stop: seen}
"""


@pytest.fixture
def weekly(tmp_path: Path) -> Path:
    """The retail shop with one journey, every Tuesday at nine in Berlin."""
    shop = Path(shutil.copytree(RETAIL, tmp_path / "shop"))
    file = shop / "journeys" / "browse-abandonment.yaml"
    file.write_text(_NEWS % "tuesday at 09:00", encoding="utf-8")
    return file


async def test_it_starts_when_the_schedule_says_and_again_until_the_last_event(weekly: Path, rehearsal: Rehearse):
    story = await rehearsal(
        weekly,
        customer=LENA | {"traits": {"plan": "club"}},
        events=[{"at": "day 10 12:00", "event": "Page Viewed"}],
        start="monday 14:00",
    )
    assert [entry.at for entry in story.entries if entry.what == "ended"] == ["day 2 10:00", "day 9 10:00"]


async def test_whom_the_schedule_does_not_concern_it_passes_over(weekly: Path, rehearsal: Rehearse):
    story = await rehearsal(weekly, customer=LENA | {"traits": {"plan": "free"}}, events=[], start="monday 14:00")
    assert story.entries == []
    assert [line.did for line in story.lines] == ["the schedule's time has come"]
