"""`sojourn journey draw`: a picture to print or to keep."""

import xml.etree.ElementTree as ET
from pathlib import Path

from tests.cli.conftest import Command
from tests.conftest import RETAIL

FILE = RETAIL / "journeys" / "browse-abandonment.yaml"


def test_mermaid_is_printed(sojourn: Command) -> None:
    answer = sojourn("journey", "draw", FILE)
    assert answer.code == 0
    assert answer.out.startswith("flowchart TD\n")
    assert 'step_reminder["reminder<br>send browse-reminder by email"]' in answer.out


def test_svg_is_kept_in_a_file_named_after_the_journey(sojourn: Command) -> None:
    answer = sojourn("journey", "draw", FILE, "--format", "svg")
    assert answer.out == "Drawn: browse-abandonment.svg\n"
    assert ET.parse("browse-abandonment.svg").getroot().tag.endswith("svg")


def test_the_ending_of_the_file_says_what_is_wanted(sojourn: Command, tmp_path: Path) -> None:
    sojourn("journey", "draw", FILE, "--output", tmp_path / "picture.svg")
    sojourn("journey", "draw", FILE, "--output", tmp_path / "picture.md")
    assert (tmp_path / "picture.svg").read_text().startswith("<svg")
    assert (tmp_path / "picture.md").read_text().startswith("flowchart")


def test_a_file_that_does_not_exist(sojourn: Command) -> None:
    answer = sojourn("journey", "draw", "nowhere.yaml")
    assert (answer.code, answer.out) == (1, "")
    assert "There is no file at nowhere.yaml" in answer.err


def test_a_folder_that_does_not_exist(sojourn: Command) -> None:
    answer = sojourn("journey", "draw", FILE, "--output", "nowhere/picture.svg")
    assert (answer.code, answer.err) == (1, "nowhere/picture.svg cannot be written: No such file or directory.\n")
