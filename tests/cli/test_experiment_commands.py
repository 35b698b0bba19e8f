"""`sojourn experiment` against the real API: planned, started, reported on, stopped."""

import asyncio
import json
import socket
import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest
import uvicorn
from temporalio.client import Client

from project.access import Group
from starter.app import create_app
from starter.services import Services
from store.database import Database
from store.experiments import find_experiment
from tests import seeding
from tests.cli.conftest import Command
from tests.experiments.conftest import STELLA, came, winback

LONG_AGO = datetime.now(UTC) - timedelta(days=40)


@pytest.fixture
def stella(sqlite_url: str) -> Generator[dict[str, str]]:
    """The environment of someone who may try things, at a shop that is served while the test lasts."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        served = _Served(sqlite_url, door)
        served.start()
        yield {"SOJOURN_URL": f"http://127.0.0.1:{door.getsockname()[1]}", "SOJOURN_TOKEN": STELLA.token}
        served.server.should_exit = True
        served.join(20)


class _Served(threading.Thread):
    server: uvicorn.Server

    def __init__(self, database_url: str, door: socket.socket) -> None:
        super().__init__()
        self._url, self._door = database_url, door

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        database = Database(self._url)
        services = await seeding.services(database, await Client.connect("127.0.0.1:1", lazy=True))
        people = {"people": (STELLA,), "groups": {"strategy": Group(roles=("strategy_owner",))}}
        shop = Services(
            settings=services.settings,
            project=services.project.model_copy(update=people),
            journeys={"winback": winback()},
            database=database,
            temporal=services.temporal,
            secret=services.secret,
        )
        self.server = uvicorn.Server(uvicorn.Config(create_app(shop, dispatch=False), log_level="warning"))
        await self.server.serve([self._door])
        await database.close()


async def _ran(url: str) -> None:
    """It was started long ago, and customers came the day after."""
    database = Database(url)
    async with database.transaction() as session:
        row = await find_experiment(session, "against-nobody")
        assert row is not None
        row.started_at = LONG_AGO
        session.add(row)
    await came(database, LONG_AGO + timedelta(days=1))
    await database.close()


def test_an_experiment_goes_from_its_plan_to_its_conclusion(
    sojourn: Command, stella: dict[str, str], sqlite_url: str
):
    assert "There are no experiments" in sojourn("experiment", "list", **stella).out
    made = sojourn(
        "experiment", "plan", "against-nobody", "--journey", "winback", "--lift", 0.5, "--rate", 0.1,
        "--daily", 100, "--guard", "returned:0.1", **stella,
    )  # fmt: skip
    assert (made.code, made.err) == (0, "")
    assert "must not rise  returned by 10%" in made.out
    assert "winback (holdout): holdout 50, journey 50" in made.out
    assert sojourn("experiment", "start", "against-nobody", **stella).out.splitlines()[-1].startswith("It runs.")

    asyncio.run(_ran(sqlite_url))
    told = sojourn("experiment", "report", "against-nobody", **stella)
    assert told.out.splitlines()[1].split() == ["holdout", "100", "100", "10.00%", "2.00"]
    assert told.out.splitlines()[2].split() == ["journey", "100", "100", "50.00%", "10.00"]
    assert "conversion  +40.00% (+" in told.out
    assert max(map(len, told.out.splitlines())) <= 80
    document = json.loads(sojourn("experiment", "report", "against-nobody", "-o", "json", **stella).out)
    assert document["results"][0]["money_in_all"]["estimate"] == pytest.approx(800)

    stopped = sojourn("experiment", "stop", "against-nobody", "--reason", "seen enough", **stella)
    assert "Concluded by: confidence sequence." in stopped.out
    assert "'journey' converts more than 'holdout'" in stopped.out
    (row,) = json.loads(sojourn("experiment", "list", "--state", "stopped", "-o", "json", **stella).out)
    assert (row["state"], row["reason"]) == ("stopped", "seen enough")


def test_what_cannot_be_is_told(sojourn: Command, stella: dict[str, str]):
    nothing = sojourn("experiment", "report", "nothing", **stella)
    assert (nothing.code, "There is no experiment 'nothing'" in nothing.err) == (1, True)
    wanted = ("--journey", "winback", "--lift", 0.5, "--guard", "returned:much")
    assert "write a metric and a share" in sojourn("experiment", "plan", "some", *wanted, **stella).err


def test_the_size_is_told_before_there_is_a_plan(sojourn: Command):
    told = json.loads(
        sojourn("experiment", "size", "--rate", 0.1, "--lift", 0.5, "--daily", 100, "-o", "json").out
    )
    # Textbook: 2 (1.96 + 0.84)² 0.09 / 0.05² = 565 an arm.
    assert told["by_arm"] == [pytest.approx(565, abs=5)] * 2
    assert told["days"] == 14 + 14
