"""`sojourn journey list|show|diff|publish|migrate`: versions, from the command line."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Command
from tests.conftest import RETAIL
from tests.retail import ADA

FILE = "journeys/browse-abandonment.yaml"
NAME = "browse-abandonment"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the retail project, to edit."""
    return Path(shutil.copytree(RETAIL, tmp_path / "shop"))


def _edit(shop: Path, old: str, new: str) -> None:
    text = (shop / FILE).read_text()
    assert old in text
    (shop / FILE).write_text(text.replace(old, new, 1))


def _published(sojourn: Command, shop: Path, url: str) -> str:
    """Publish the file as it is, and give its version."""
    answer = sojourn("--project", shop, "journey", "publish", shop / FILE, SOJOURN_DATABASE_URL=url)
    assert answer.code == 0, answer.err
    return answer.out.removeprefix(f"Live: {NAME}@")[:12]


def _json(answer: Answer) -> list[dict[str, object]]:
    return json.loads(answer.out)


def test_what_is_published_is_live(sojourn: Command, shop: Path, sqlite_url: str) -> None:
    version = _published(sojourn, shop, sqlite_url)
    _edit(shop, "wait: 4h", "wait: 6h")
    rows = _json(sojourn("--project", shop, "journey", "list", "-o", "json", SOJOURN_DATABASE_URL=sqlite_url))
    assert rows[0]["live"] == version
    assert rows[0]["version"] != version


def test_a_version_is_shown_as_it_was_published(sojourn: Command, shop: Path, sqlite_url: str) -> None:
    version = _published(sojourn, shop, sqlite_url)
    _edit(shop, "wait: 4h", "wait: 6h")
    show = ["--project", shop, "journey", "show"]
    assert "wait 4h" in sojourn(*show, f"{NAME}@{version}", SOJOURN_DATABASE_URL=sqlite_url).out
    assert "wait 6h" in sojourn(*show, NAME, SOJOURN_DATABASE_URL=sqlite_url).out


def test_an_unknown_version_is_told_with_those_there_are(sojourn: Command, shop: Path, sqlite_url: str) -> None:
    version = _published(sojourn, shop, sqlite_url)
    answer = sojourn("--project", shop, "journey", "show", f"{NAME}@nothing", SOJOURN_DATABASE_URL=sqlite_url)
    assert answer.code == 1
    assert answer.err == f"There is no version 'nothing' of '{NAME}'; published are: {version}.\n"


def test_a_journey_with_problems_is_not_published(sojourn: Command, shop: Path, sqlite_url: str) -> None:
    _edit(shop, "content: browse-offer", "content: browse-ofer")
    answer = sojourn("--project", shop, "journey", "publish", shop / FILE, SOJOURN_DATABASE_URL=sqlite_url)
    assert answer.code == 1
    assert answer.err.endswith("Nothing was published.\n")
    rows = _json(sojourn("--project", shop, "journey", "list", "-o", "json", SOJOURN_DATABASE_URL=sqlite_url))
    assert rows[0]["live"] is None


def test_a_difference_names_the_steps_first_and_then_the_lines(
    sojourn: Command, shop: Path, sqlite_url: str
) -> None:
    version = _published(sojourn, shop, sqlite_url)
    _edit(shop, "wait: 4h", "wait: 6h")
    answer = sojourn(
        "--project", shop, "journey", "diff", f"{NAME}@{version}", NAME, SOJOURN_DATABASE_URL=sqlite_url
    )
    assert answer.code == 0
    assert "  ~ wait_3: wait 6h (was: wait 4h)\n" in answer.out
    assert "\n-- wait: 4h\n" in answer.out or "\n-  wait: 4h\n" in answer.out


def test_two_files_are_compared_without_a_store(sojourn: Command, shop: Path) -> None:
    _edit(shop, "  - id: related\n        send: push", "  - id: akin\n        send: push")
    answer = sojourn("--project", shop, "journey", "diff", RETAIL / FILE, shop / FILE)
    assert "  + akin: send browse-related by push\n  - related: send browse-related by push\n" in answer.out


def test_there_is_nothing_to_move_without_runs(sojourn: Command, shop: Path, sqlite_url: str) -> None:
    version = _published(sojourn, shop, sqlite_url)
    answer = sojourn(
        "--project", shop, "journey", "migrate", NAME, "--to", version, SOJOURN_DATABASE_URL=sqlite_url
    )
    assert (answer.code, answer.out) == (
        0,
        f"Nothing to move: every open run of '{NAME}' has version {version}.\n",
    )


def test_what_touches_an_area_under_review_is_not_published(sojourn: Command, shop: Path, sqlite_url: str) -> None:
    """Temporal is not there, so that nothing can be proposed either: it must not go live instead."""
    project = shop / "sojourn.yaml"
    project.write_text(project.read_text() + "\nreview: {autonomy: marketing}\n")
    environment = {"SOJOURN_DATABASE_URL": sqlite_url, "SOJOURN_TEMPORAL_ADDRESS": "127.0.0.1:1"}
    unnamed = sojourn("--project", shop, "journey", "publish", shop / FILE, **environment)
    assert "nobody agrees to what they asked" in unnamed.err
    environment["SOJOURN_TOKEN"] = ADA
    answer = sojourn("--project", shop, "journey", "publish", shop / FILE, **environment)
    assert answer.code == 1
    assert "Temporal" in answer.err
    rows = _json(sojourn("--project", shop, "journey", "list", "-o", "json", SOJOURN_DATABASE_URL=sqlite_url))
    assert rows[0]["live"] is None


def test_a_planner_takes_over_without_evidence_only_for_a_reason_which_the_audit_log_keeps(
    sojourn: Command, shop: Path, sqlite_url: str
) -> None:
    """Nobody reviews this project: the reason is asked for all the same."""
    file, environment = shop / "journeys" / "nudged.yaml", {"SOJOURN_DATABASE_URL": sqlite_url}
    file.write_text(
        "journey: nudged\nowner: maria@northwind.example\nstart: {event: Product Viewed}\n"
        "steps:\n  - choose: nudge\n    options: [{option: now}, {option: later}]\n"
    )
    publish = ["--project", shop, "journey", "publish", file]
    assert sojourn(*publish, **environment).code == 0
    file.write_text(file.read_text().replace("choose: nudge", "choose: nudge\n    planner: sampler"))
    refused = sojourn(*publish, **environment)
    assert refused.code == 1
    assert "Weak: No decision 'nudge' of 'nudged' in the last 90 days has a final" in refused.err
    assert refused.err.endswith("Nothing was published.\n")
    assert sojourn(*publish, "--without-evidence", "it has to begin", **environment).code == 0
    kept = _json(sojourn("audit", "list", "--kind", "change", "-o", "json", **environment))
    assert "without evidence: it has to begin" in json.dumps(kept)
