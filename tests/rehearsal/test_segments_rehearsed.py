"""Segments in a rehearsal: the passing of time moves the customer as it would."""

import shutil
from pathlib import Path

import pytest

from starter.rehearsal.testing import Rehearse
from tests.conftest import RETAIL

NINA = {"addresses": {"email": "nina@example.com"}, "consents": ["email"], "time_zone": "UTC"}
JOURNEY = """journey: come-back
owner: noa@tessera.example
start: {segment: quiet}
stop: [{event: Segment Left, where: event.segment == 'quiet'}]
steps:
  - wait: 2d
  - {id: over, stop: stayed away}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(RETAIL.parent / "subscription", folder)
    (folder / "segments.yaml").write_text("quiet: customer.events['Pricing Page Viewed'].days_since >= 10\n")
    shutil.rmtree(folder / "journeys")
    (folder / "journeys").mkdir()
    (folder / "journeys" / "come-back.yaml").write_text(JOURNEY)
    return folder


async def test_who_stays_away_long_enough_starts(rehearsal: Rehearse, project: Path) -> None:
    viewed = {"at": "0m", "event": "Pricing Page Viewed"}
    story = await rehearsal(
        project / "journeys" / "come-back.yaml", customer=NINA, events=[viewed], start="monday 09:00"
    )
    assert [(entry.at, entry.why) for entry in story.entries][-1:] == [("day 13 09:00", "stopped: stayed away")]


async def test_who_comes_back_leaves_and_the_run_hears_of_it(rehearsal: Rehearse, project: Path) -> None:
    events = [{"at": at, "event": "Pricing Page Viewed"} for at in ("0m", "day 12 09:00")]
    story = await rehearsal(
        project / "journeys" / "come-back.yaml", customer=NINA, events=events, start="monday 09:00"
    )
    assert [(entry.at, entry.why) for entry in story.entries] == [
        ("day 12 09:00", "stop: stop event: Segment Left")
    ]
