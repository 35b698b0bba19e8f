"""What planners chose and learned, at the terminal."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from store.database import Database
from store.tables import Customer, EventRecord
from tests.activities.test_learning import decision
from tests.cli.conftest import Command

NOW = datetime.now(UTC)


@pytest.fixture
def shop(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store with a decision two days ago and an order the day after."""
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    asyncio.run(_fill(sqlite_url))


async def _fill(url: str) -> None:
    database, at = Database(url), NOW - timedelta(days=2)
    async with database.transaction() as session:
        session.add(Customer(id="c_1", traits={}, created_at=at))
        await session.flush()
        session.add(decision(1, decided_at=at, expected={"mail": 12.5, "push": 4.0}))
        bought = {"occurred_at": at + timedelta(days=1), "received_at": NOW, "properties": {"total": 40.0}}
        session.add(EventRecord(seq=1, id="e_1", customer_id="c_1", name="Order Completed", **bought))
    await database.close()


def test_an_order_leads_to_the_decision_and_back(sojourn: Command, shop: None):
    assert json.loads(sojourn("planner", "learn", "-o", "json").out) == [{"rewarded": 1, "lessons": 1}]
    [row] = json.loads(sojourn("decision", "list", "--event", "e_1", "-o", "json").out)
    told = sojourn("decision", "show", row["id"]).out
    assert "came of it  purchased +20 (e_1)" in told
    assert "chose       mail, at 50.0%" in told
    assert "expected    mail 12.5, push 4" in told
    assert max(map(len, told.splitlines())) <= 80


def test_what_was_learned_is_listed(sojourn: Command, shop: None):
    sojourn("planner", "learn")
    heading, row = sojourn("planner", "list").out.splitlines()
    assert heading.split()[:3] == ["JOURNEY", "DECISION", "LESSONS"]
    assert row.split()[:3] == ["winback", "nudge", "1"]


def test_a_decision_that_is_not_there_is_told_so(sojourn: Command, shop: None):
    answer = sojourn("decision", "show", "c_none")
    assert answer.code == 1
    assert "There is no decision 'c_none'; 'sojourn decision list' shows those there are." in answer.err
