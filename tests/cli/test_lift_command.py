"""`sojourn lift`: what a journey brings over those it leaves alone, at the terminal."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.database import Database
from tests.cli.conftest import Command
from tests.experiments.conftest import came

JOURNEY = "{journey: winback, owner: maria, holdout: 50, start: {event: Cart Abandoned}, steps: [{wait: 1d}]}"


@pytest.fixture
def shop(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred customers of a journey and, by the policy, a tenth of all who hear nothing."""
    Path("journeys").mkdir()
    Path("journeys/winback.yaml").write_text(JOURNEY, encoding="utf-8")
    Path("policies.yaml").write_text("holdout: {share: 10}", encoding="utf-8")
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    asyncio.run(_fill(sqlite_url))


async def _fill(url: str) -> None:
    database = Database(url)
    await came(database, datetime.now(UTC) - timedelta(days=30))
    await database.close()


def test_the_lift_is_told_of_all_journeys_and_of_each(sojourn: Command, shop: None):
    answer = sojourn("lift")
    assert (answer.code, answer.err) == (0, "")
    assert "all journeys, over the 10 % left alone, 90 days:" in answer.out
    assert "money        +800.00 (+" in answer.out
    assert "It brings money that would not have come anyway." in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    [row] = json.loads(sojourn("lift", "winback", "-o", "json").out)
    assert row["conversions"]["estimate"] == pytest.approx(40)


def test_a_click_is_no_conversion(sojourn: Command, shop: None):
    answer = sojourn("lift", "--event", "Email Link Clicked")
    assert (answer.code, "not what it was good for" in answer.err) == (1, True)
