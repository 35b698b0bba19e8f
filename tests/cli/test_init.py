"""`sojourn init`: a project that is right from the start, and never at the cost of another."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_a_new_project_has_everything_and_passes_its_check(sojourn: Command, tmp_path: Path):
    made = sojourn("init", tmp_path / "shop")
    assert (made.code, made.err) == (0, "")
    expected = {"sojourn.yaml", "policies.yaml", "catalogue.yaml", "events.yaml", "journeys/welcome.yaml"}
    assert expected <= files(tmp_path / "shop")
    assert sojourn("journey", "check", tmp_path / "shop").out == "All right: welcome.\n"


def test_its_rehearsals_pass(process: Command, tmp_path: Path):
    process("init", tmp_path / "shop")
    rehearsed = process("journey", "rehearse", tmp_path / "shop")
    assert rehearsed.code == 0, rehearsed.out + rehearsed.err


def test_the_next_steps_name_the_folder_and_work_as_they_are_printed(sojourn: Command):
    told = sojourn("init", "shop").out
    commands = [line.split()[1:] for line in told.splitlines() if line.startswith("  sojourn ")]
    assert [" ".join(words) for words in commands] == [
        "journey check shop",
        "journey rehearse shop",
        "--project shop dev",
    ]
    assert sojourn(*commands[0]).code == 0


def test_into_a_folder_with_other_files_it_adds_and_touches_none(sojourn: Command, tmp_path: Path):
    (tmp_path / "README.md").write_text("mine")
    assert sojourn("init", tmp_path).code == 0
    assert (tmp_path / "README.md").read_text() == "mine"


@pytest.mark.parametrize("taken", ["sojourn.yaml", "journeys/welcome.yaml"])
def test_where_a_file_is_there_already_nothing_is_written(sojourn: Command, tmp_path: Path, taken: str):
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text("mine")
    answer = sojourn("init", tmp_path)
    assert answer.code == 1
    assert answer.err == f"Nothing was written: {tmp_path / taken} is there already.\n"
    assert files(tmp_path) == {taken}
    assert (tmp_path / taken).read_text() == "mine"
