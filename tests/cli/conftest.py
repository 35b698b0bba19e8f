"""The command line, run inside the tests where that is the same, and as a process where it is not."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from starter.cli import run
from tests.cli.serving import Api, api_of


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture(autouse=True)
def _away_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in [name for name in os.environ if name.startswith("SOJOURN_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def sojourn(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command of `sojourn`, with more environment variables if need be."""

    def answer(*arguments: object, **environment: str) -> Answer:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return answer


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory, temporal_address: str) -> Generator[Api]:
    """The API, for all modules of the group `cli-api`: they keep apart by what they tell it of."""
    with api_of(tmp_path_factory.mktemp("api"), temporal_address) as running:
        yield running


@pytest.fixture
def process() -> Command:
    """The same as a process of its own, with the exit code that the shell sees."""

    def answer(*arguments: object, input: str = "", **environment: str) -> Answer:  # noqa: A002 as subprocess has it
        done = subprocess.run(
            [Path(sys.executable).with_name("sojourn"), *map(str, arguments)],
            env=os.environ | environment,
            input=input,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return answer
