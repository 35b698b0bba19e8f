"""Whether another planner may take over, at the terminal."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from policies.inputs import keep_inputs
from policies.rules import RulesPolicy
from store.database import Database
from store.tables import Customer
from tests.activities.test_learning import decision
from tests.cli.conftest import Command
from tests.policies.conftest import facts

RULES = RulesPolicy.model_validate({"late": {"when": "now.getHours() > 22", "message": "it is late"}})
PUSHED = {"inputs": keep_inputs([RULES], facts("push", "transactional")), "journey_denies": False}
"""What the policies were given for a push."""
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


async def _decide(url: str, first: int = 0, **changes: Any) -> None:
    database = Database(url)
    async with database.transaction() as session:
        for number in range(first, first + 200):
            mail = number % 2 == 0
            made = decision(
                number, "mail" if mail else "push", customer_id=f"c_{number % 200}", decided_at=THEN, **changes
            )
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


def test_what_went_as_usual_was_left_to_no_chance_and_is_left_out(sojourn: Command, shop: None, sqlite_url: str):
    asyncio.run(_decide(sqlite_url))
    asyncio.run(_decide(sqlite_url, 200, planner="fixed", probability=1.0))
    wanted = ("evaluate", "random", "--journey", "winback", "--decision", "nudge", "-o", "json")
    document = json.loads(sojourn(*wanted).out)
    assert (document["weights"]["decisions"], document["weights"]["effective"]) == (200, pytest.approx(200))


def test_a_smaller_set_of_options_is_judged_as_if_there_had_been_no_others(
    sojourn: Command, shop: None, sqlite_url: str
):
    asyncio.run(_decide(sqlite_url))
    wanted = ("evaluate", "random", "--journey", "winback", "--decision", "nudge", "-o", "json")
    both, mail = (json.loads(sojourn(*wanted, *only).out) for only in ((), ("--options", "mail")))
    assert both["estimates"]["SNIPS"]["estimate"] == pytest.approx(0.5)
    assert mail["estimates"]["SNIPS"]["estimate"] == pytest.approx(1)
    assert "Nobody was ever offered 'fax'" in sojourn(*wanted, "--options", "mail,fax").err


def test_other_policies_are_judged_by_what_they_close_and_refused_for_what_they_open(
    sojourn: Command, shop: None, sqlite_url: str, tmp_path: Path
):
    asyncio.run(_decide(sqlite_url, judged={"push": [PUSHED]}, closed_options={"fax": "no"}))
    file = tmp_path / "policies.yaml"
    file.write_text("rules: {no_push: {when: action.channel == 'push', message: enough}}\n")
    wanted = ("evaluate", "random", "--journey", "winback", "--decision", "nudge", "--policies", str(file))
    assert json.loads(sojourn(*wanted, "-o", "json").out)["estimates"]["SNIPS"]["estimate"] == pytest.approx(1)
    file.write_text("rules: {vips: {when: customer.vip, message: enough}}\n")
    assert "These policies cannot be judged by this log: rules looks at" in sojourn(*wanted).err


def test_settings_and_planners_that_are_none_are_told(sojourn: Command, shop: None):
    where = ("--journey", "winback", "--decision", "nudge")
    assert "There is no planner 'fixd' (did you mean 'fixed'?)" in sojourn("evaluate", "fixd", *where).err
    assert (
        "These are no settings of 'sampler'"
        in sojourn("evaluate", "sampler", *where, "--settings", '{"a": 1}').err
    )
    assert "in the last 90 days has a final reward yet" in sojourn("evaluate", "fixed", *where).err
