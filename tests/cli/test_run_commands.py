"""`sojourn run` and `sojourn delivery`: what happened, read from the store."""

import asyncio
import json
from datetime import timedelta

import pytest

from store.database import Database
from tests import seeding
from tests.cli.conftest import Command

RUN = "browse-abandonment:c_lena:fjell-3"


@pytest.fixture
def store(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store with one finished run, one that is open, and two deliveries."""
    asyncio.run(_fill(sqlite_url))
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    return sqlite_url


async def _fill(url: str) -> None:
    database, began = Database(url), seeding.NOW - timedelta(days=2)
    done, open_ = seeding.run_ref(), seeding.run_ref("lumen-2", "00000000-0000-4000-8000-000000000002")
    ended = {"state": "closed", "outcome": "completed", "reason": "every step was done", "ended_at": seeding.NOW}
    await seeding.put(
        database,
        seeding.customer(),
        seeding.run(done, **ended, started_at=began),
        seeding.run(open_, start_seq=2),
        *seeding.trace(done, began, closed=True),
        seeding.delivery("d_1", "reminder", "browse-reminder", "email", "opened", timedelta(days=2)),
        seeding.delivery("d_2", "second_look", "browse-second-look", "push", "unknown", timedelta(days=1)),
    )
    await database.close()


def test_runs_are_listed_with_their_stage(sojourn: Command, store: str):
    lines = sojourn("run", "list").out.splitlines()
    assert lines[0].split() == ["STARTED", "(UTC)", "STAGE", "RUN"]
    assert [line.split()[2:] for line in lines[1:]] == [
        ["open", "browse-abandonment:c_lena:lumen-2"],
        ["completed", RUN],
    ]


def test_runs_as_json_have_everything(sojourn: Command, store: str):
    (run,) = json.loads(sojourn("run", "list", "--state", "completed", "-o", "json").out)
    assert (run["workflow_id"], run["outcome"], run["reason"]) == (RUN, "completed", "every step was done")


def test_no_runs(sojourn: Command, store: str):
    assert sojourn("run", "list", "--journey", "other").out == "There are no such runs.\n"
    assert json.loads(sojourn("run", "list", "--journey", "other", "-o", "json").out) == []


def test_a_finished_run_is_shown_with_its_timeline_and_without_temporal(sojourn: Command, store: str):
    shown = sojourn("run", "show", RUN, SOJOURN_TEMPORAL_ADDRESS="127.0.0.1:9")
    assert shown.code == 0
    assert "outcome  completed" in shown.out
    assert "  reminder: sent\n" in shown.out
    assert "    send email: sent\n" in shown.out


def test_a_branch_stands_before_what_it_led_to_and_no_line_is_too_long(sojourn: Command, store: str):
    lines = sojourn("run", "show", RUN, SOJOURN_TEMPORAL_ADDRESS="127.0.0.1:9").out.splitlines()
    steps = [line.split()[2] for line in lines if line.startswith("  20")]
    assert steps[5:9] == ["wait_3:", "branch_4:", "second_look:", "policy"]
    assert max(map(len, lines)) <= 80


def test_an_open_run_needs_temporal_to_say_what_it_does(sojourn: Command, store: str):
    shown = sojourn("run", "show", "browse-abandonment:c_lena:lumen-2", SOJOURN_TEMPORAL_ADDRESS="127.0.0.1:9")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("Temporal does not answer at 127.0.0.1:9.")


def test_a_run_that_does_not_exist(sojourn: Command, store: str):
    assert sojourn("run", "show", "nope").err == "There is no run 'nope'. See 'sojourn run list'.\n"


def test_deliveries_whose_fate_is_unknown_are_found(sojourn: Command, store: str):
    (delivery,) = json.loads(sojourn("delivery", "list", "--state", "unknown", "-o", "json").out)
    assert (delivery["id"], delivery["channel"]) == ("d_2", "push")


def test_a_state_that_no_delivery_has(sojourn: Command, store: str):
    answer = sojourn("delivery", "list", "--state", "lost")
    assert answer.code == 1
    assert answer.err.startswith("'lost' is no state of a delivery; there are: reserved, ")


def test_a_mistyped_folder_makes_no_database(sojourn: Command, tmp_path: object):
    answer = sojourn("run", "list", SOJOURN_STATE_DIR=f"{tmp_path}/typo")
    assert answer.code == 1
    assert answer.err.startswith(f"There is no database at {tmp_path}/typo/sojourn.db.")
    assert sojourn("run", "list", SOJOURN_STATE_DIR=f"{tmp_path}/typo").code == 1
