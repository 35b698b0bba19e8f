"""`sojourn journey`: a project's journeys, and every problem in them at its line."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.conftest import RETAIL

JOURNEY = "journeys/browse-abandonment.yaml"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the retail project, to break."""
    return Path(shutil.copytree(RETAIL, tmp_path / "shop"))


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_project_that_is_right(sojourn: Command):
    answer = sojourn("journey", "check", RETAIL)
    assert (answer.code, answer.out) == (0, "All right: browse-abandonment, cart-recovery.\n")


def test_the_project_option_names_the_project(sojourn: Command):
    assert sojourn("--project", RETAIL, "journey", "check").code == 0


def test_one_journey_file_is_checked_against_its_project(sojourn: Command):
    assert sojourn("journey", "check", RETAIL / JOURNEY).out == "All right: browse-abandonment.\n"


def test_every_problem_is_told_at_its_line(sojourn: Command, shop: Path):
    _replace(shop / JOURNEY, "owner:", "owmer:")
    _replace(shop / "policies.yaml", "quiet_hours:", "quiet_hour:")
    answer = sojourn("journey", "check", shop)
    assert answer.code == 1
    assert f"{shop}/{JOURNEY}:4:1: unknown key 'owmer' (did you mean 'owner'?)" in answer.err
    assert f"{shop}/policies.yaml:4:1: unknown policy 'quiet_hour' (did you mean 'quiet_hours'?)" in answer.err


def test_content_that_does_not_exist_is_told_at_its_line(sojourn: Command, shop: Path):
    _replace(shop / JOURNEY, "content: browse-offer", "content: browse-ofer")
    answer = sojourn("journey", "check", shop)
    assert answer.code == 1
    line = next(n for n, text in enumerate((shop / JOURNEY).read_text().splitlines(), 1) if "browse-ofer" in text)
    assert f"{JOURNEY}:{line}:5: there is no content 'browse-ofer' (did you mean 'browse-offer'?)" in answer.err
    assert answer.err.endswith("1 problem.\n")


def test_content_without_the_channel_is_told(sojourn: Command, shop: Path):
    _replace(shop / JOURNEY, "content: browse-related", "content: browse-reminder")
    assert "'browse-reminder' has nothing for push; it has email" in sojourn("journey", "check", shop).err


def test_where_there_is_no_project(sojourn: Command, tmp_path: Path):
    answer = sojourn("journey", "check", tmp_path)
    assert answer.code == 1
    assert answer.err == f"There is no project at {tmp_path}: no sojourn.yaml there, nor in a folder above it.\n"


def test_list_as_text_and_as_json(sojourn: Command):
    assert sojourn("--project", RETAIL, "journey", "list").out.splitlines()[1].startswith("browse-abandonment")
    listed = json.loads(sojourn("--project", RETAIL, "journey", "list", "-o", "json").out)
    assert ("browse-abandonment", "Product Viewed") in [(j["name"], j["starts"]) for j in listed]


def test_show_says_what_a_journey_does(sojourn: Command):
    told = sojourn("--project", RETAIL, "journey", "show", "browse-abandonment").out
    assert "starts   Product Viewed, key event.product_id, again: after 7d" in told
    assert "offer: send browse-offer by whatsapp, 10 % off, approved by marketing" in told


def test_show_says_where_only_if_not_any_event_will_do(sojourn: Command):
    told = sojourn("--project", RETAIL, "journey", "show", "cart-recovery").out
    assert "goal     Order Completed\n" in told
    assert "stops    Cart Emptied where event.cart_id == start.cart_id\n" in told


def test_a_journey_that_does_not_exist_gets_the_nearest_name(sojourn: Command):
    answer = sojourn("--project", RETAIL, "journey", "show", "browse-abandonmnt")
    assert answer.code == 1
    assert "did you mean 'browse-abandonment'?" in answer.err
