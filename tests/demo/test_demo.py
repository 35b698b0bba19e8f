"""The whole demo, as its users start it: the real Temporal server, worker, API and sandbox."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("demo")
SOJOURN = Path(sys.executable).with_name("sojourn")


def _demo(*options: str, folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"TMPDIR": str(folder), "COLUMNS": "80"}
    return subprocess.Popen(
        [SOJOURN, "demo", *options],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `sojourn demo --once -o json` prints, once it ended with 0."""
    folder = tmp_path_factory.mktemp("demo")
    with _demo("--once", "-o", "json", folder=folder) as process:
        out, err = process.communicate(timeout=240)
    # Parts that a busy machine made wait may say so on standard error.
    assert process.returncode == 0, out + err
    assert list(folder.iterdir()) == []
    return json.loads(out)


def test_everyone_received_exactly_what_they_should(summary: dict[str, Any]):
    assert summary["as_expected"] is True
    assert summary["differences"] == []


def test_every_run_ended_as_it_must(summary: dict[str, Any]):
    assert summary["runs"] == {"goal": 3, "completed": 6, "opt_out": 1}


def test_deliveries_by_channel_and_state(summary: dict[str, Any]):
    assert summary["deliveries"] == {
        "email": {"opened": 4, "clicked": 1, "sent": 4},
        "push": {"clicked": 3, "sent": 4},
        "whatsapp": {"opened": 3},
    }


def test_approvals_by_state(summary: dict[str, Any]):
    assert summary["approvals"] == {"approved": 3, "rejected": 1, "withdrawn": 1, "expired": 1}


def test_a_planner_chose_for_everyone_who_opened_the_homepage(summary: dict[str, Any]):
    assert sum(summary["homepage"].values()) == len(summary["shoppers"])
    assert summary["homepage"].keys() <= {"home-tested", "home-mended", "home-rated"}


def test_a_mail_due_at_night_came_in_the_morning(summary: dict[str, Any]):
    (night,) = [shopper for shopper in summary["shoppers"] if shopper["story"] == "looks late at night"]
    day, clock, what = night["received"][0].split(maxsplit=2)
    assert clock.startswith("08:0"), day
    assert what == "email: reminder"


def test_days_passed_and_left_their_spans(summary: dict[str, Any]):
    assert summary["days_played"] > 2
    assert summary["seconds"]["play"] > 0
    assert summary["spans"] > 10 * len(summary["shoppers"])


def test_the_summary_needs_an_end(tmp_path: Path):
    with _demo("-o", "json", folder=tmp_path) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err == "The JSON summary comes at the end, so it needs --once as well.\n"


def test_ctrl_c_in_the_middle_stops_everything_cleanly(tmp_path: Path):
    with _demo(folder=tmp_path) as process:
        assert process.stdout is not None
        while "gets email: reminder" not in (line := process.stdout.readline()):
            assert line, process.communicate()[1]
        (state,) = tmp_path.glob("sojourn-demo-*")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert not state.exists()
