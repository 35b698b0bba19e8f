"""Whether another planner may take over, at the terminal."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from store.database import Database
from store.tables import Customer
from tests.activities.test_learning import decision
from tests.cli.conftest import Command

THEN = datetime.now(UTC) - timedelta(days=30)


@pytest.fixture
def shop(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop with two hundred customers."""
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    asyncio.run(_fill(sqlite_url))


async def _fill(url: str) -> None:
    database = Database(url)
    async with database.transaction() as session:
        session.add_all(Customer(id=f"c_{n}", traits={}, created_at=THEN) for n in range(200))
    await database.close()


async def _decide(url: str) -> None:
    database = Database(url)
    async with database.transaction() as session:
        for number in range(200):
            mail = number % 2 == 0
            made = decision(number, "mail" if mail else "push", customer_id=f"c_{number}", decided_at=THEN)
            made.closed, made.reward, made.credit = True, float(mail), float(mail)
            session.add(made)
    await database.close()


def test_another_planner_is_refused_on_a_short_log_and_it_is_said_why(
    sojourn: Command, shop: None, sqlite_url: str
):
    asyncio.run(_decide(sqlite_url))
    wanted = ("evaluate", "fixed", "--journey", "winback", "--decision", "nudge")
    answer = sojourn(*wanted)
    assert answer.code == 1
    assert "Refused: the log is worth 100 of its own decisions, and 500 are asked" in answer.out
    document = json.loads(sojourn(*wanted, "-o", "json").out)
    assert document["estimates"]["SNIPS"]["estimate"] == pytest.approx(1)
    assert not document["promoted"]


def test_settings_and_planners_that_are_none_are_told(sojourn: Command, shop: None):
    where = ("--journey", "winback", "--decision", "nudge")
    assert "There is no planner 'fixd' (did you mean 'fixed'?)" in sojourn("evaluate", "fixd", *where).err
    assert (
        "These are no settings of 'sampler'"
        in sojourn("evaluate", "sampler", *where, "--settings", '{"a": 1}').err
    )
    assert "in the last 90 days has a final reward yet" in sojourn("evaluate", "fixed", *where).err
