"""What a journey brings over those it leaves alone, and whether another planner may take over, at the terminal."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.database import Database
from store.tables import Customer, EventRecord, Run, Span
from tests.activities.test_learning import decision
from tests.cli.conftest import Command

THEN = datetime.now(UTC) - timedelta(days=30)
JOURNEY = """
journey: winback
owner: maria
holdout: 50%
start: {event: Cart Abandoned}
steps: [{split: subject, arms: [{arm: plain}, {arm: bold}]}]
"""


@pytest.fixture
def shop(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred customers, half left alone. Of these one in ten buys, of the others every second one."""
    Path("journeys").mkdir()
    Path("journeys/winback.yaml").write_text(JOURNEY, encoding="utf-8")
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    asyncio.run(_fill(sqlite_url))


async def _fill(url: str) -> None:
    database = Database(url)
    async with database.transaction() as session:
        session.add_all(Customer(id=f"c_{n}", traits={}, created_at=THEN) for n in range(200))
        await session.flush()
        for number in range(200):
            alone = number % 2 == 0
            session.add(
                Run(
                    workflow_id=f"winback:c_{number}:-", journey="winback", version="v1", start_seq=number,
                    customer_id=f"c_{number}", state="closed", outcome="holdout" if alone else "completed",
                    started_at=THEN,
                )
            )  # fmt: skip
            arm = {"journey.experiment": "subject", "journey.arm": "bold" if number % 4 == 1 else "plain"}
            if not alone:
                session.add(
                    Span(
                        span_id=f"s_{number}", trace_id="t", workflow_id=f"winback:c_{number}:-", name="split",
                        kind="split", started_at=THEN, ended_at=THEN, outcome="plain", attributes=arm, links=[],
                    )
                )  # fmt: skip
            if number % 20 == 0 or number % 4 == 1:
                at = THEN + timedelta(days=1)
                session.add(
                    EventRecord(
                        id=f"e_{number}", customer_id=f"c_{number}", name="Order Completed",
                        properties={"total": 20.0}, occurred_at=at, received_at=at,
                    )
                )  # fmt: skip
    await database.close()


def test_the_lift_over_the_holdout_is_told_with_its_interval(sojourn: Command, shop: None):
    answer = sojourn("experiment", "report", "winback", "--planned", 200)
    assert answer.code == 0
    assert answer.out.splitlines()[1].split() == ["holdout", "100", "10.00%", "2.00"]
    assert answer.out.splitlines()[2].split() == ["journey", "100", "50.00%", "10.00"]
    assert "conversion  +40.00% (+" in answer.out
    assert "It brings more money, and that is no chance." in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    document = json.loads(sojourn("experiment", "report", "winback", "-o", "json").out)
    assert document["results"][0]["money_in_all"]["estimate"] == pytest.approx(800)
    assert document["sound"]


def test_the_arms_of_a_split_are_held_against_the_first(sojourn: Command, shop: None):
    """Those who buy are exactly those who came by the bold subject."""
    told = json.loads(sojourn("experiment", "report", "winback", "--split", "subject", "-o", "json").out)
    assert [(arm["arm"], arm["customers"], arm["rate"]) for arm in told["arms"]] == [
        ("plain", 50, 0),
        ("bold", 50, 1),
    ]
    assert told["results"][0]["rate"]["low"] > 0
    assert told["sound"]


def test_before_anyones_window_is_over_nothing_is_said(sojourn: Command, shop: None):
    answer = sojourn("experiment", "report", "winback", "--window", 60)
    assert (answer.code, answer.err.startswith("It is too early: 0 customers")) == (1, True)


def test_what_is_no_experiment_is_told(sojourn: Command, shop: None):
    assert (
        "There is no journey 'winbak' (did you mean 'winback'?)" in sojourn("experiment", "report", "winbak").err
    )
    assert "has no split 'sender'" in sojourn("experiment", "report", "winback", "--split", "sender").err


def test_the_size_is_told_before_the_start(sojourn: Command):
    told = json.loads(
        sojourn("experiment", "plan", "--rate", 0.1, "--lift", 0.5, "--daily", 100, "-o", "json").out
    )
    # Textbook: 2 (1.96 + 0.84)² 0.09 / 0.05² = 565 an arm.
    assert told["by_arm"] == [pytest.approx(565, abs=5)] * 2
    assert told["days"] == 14 + 14


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
