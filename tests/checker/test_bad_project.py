"""A project with one of everything that can be wrong: all of it is told at once, each at its place."""

import json
import shutil
from pathlib import Path

import pytest

from starter.cli import run

BAD_SHOP = Path(__file__).parent / "bad_shop"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def _in_the_bad_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shutil.copytree(BAD_SHOP, tmp_path / "shop"))


def test_every_problem_is_told_at_once_at_its_line_and_column(capsys: pytest.CaptureFixture[str]):
    assert run(["journey", "check", "."]) == 1
    assert capsys.readouterr().err.splitlines() == (BAD_SHOP / "expected.txt").read_text().splitlines()


def test_the_same_as_json(capsys: pytest.CaptureFixture[str]):
    assert run(["journey", "check", ".", "-o", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    lines = [f"{p['file']}:{p['line']}:{p['column']}: {p['message']}" for p in told["problems"]]
    expected = (BAD_SHOP / "expected.txt").read_text().splitlines()[:-1]
    assert [e.startswith(line) for line, e in zip(lines, expected, strict=True)] == [True] * len(expected)


def test_one_file_is_checked_alone(capsys: pytest.CaptureFixture[str]):
    assert run(["journey", "check", "journeys/reach.yaml"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert not any("names.yaml" in line or "twice.yaml" in line for line in told)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/sojourn.yaml")), ids=lambda file: file.parent.name)
def test_every_example_is_right_whatever_the_environment(file: Path, capsys: pytest.CaptureFixture[str]):
    assert (run(["journey", "check", str(file.parent)]), capsys.readouterr().err) == (0, "")


def test_a_group_that_a_policy_has_by_default_must_have_someone(capsys: pytest.CaptureFixture[str]):
    Path("policies.yaml").write_text("consent: {}\nmargin_floor: {least: 20%}\n", encoding="utf-8")
    Path("sojourn.yaml").write_text(Path("sojourn.yaml").read_text().replace("[marketing]", "[growth]"))
    assert run(["policy", "check"]) == 1
    told = "policies.yaml:2:1: sojourn.yaml has nobody in the group 'marketing' (name as 'group' who decides)"
    assert capsys.readouterr().err.splitlines()[0].endswith(told)
