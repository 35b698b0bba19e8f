"""Puts a file of events, or standard input, through a running API, with a progress bar."""

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from starter.cli.connection import sending
from starter.cli.failures import CommandFailed
from starter.cli.progress import progress_bar
from starter.client import SojournError
from starter.ingestion.replay import ATTEMPTS, Line, Progress, parse_columns, read, replay
from yamlfile import Problem


async def put_through(
    file: Path, speed: float | None, columns: str, first: int, url: str, write_key: str
) -> Progress:
    """Put the events of a file through, from a line on, with a progress bar. `speed` is as `factor` gives it.

    Raises CommandFailed; what it says is durable is durable.
    """
    reached = Progress()
    with _lines(file, columns) as (lines, count):
        wanted = (line for line in lines if _number(line) >= first)
        async with sending(url, write_key, ATTEMPTS) as client:
            with progress_bar(count) as tell:

                def report(progress: Progress) -> None:
                    nonlocal reached
                    reached = progress
                    tell(progress.line)

                try:
                    return await replay(client, wanted, speed=speed, report=report)
                except SojournError as error:
                    line = max(reached.durable + 1, first)
                    raise CommandFailed(
                        f"{error}. {reached.sent} events are durable; go on with --from {line}."
                    ) from error


def _number(line: Line | Problem) -> int:
    return line.line if isinstance(line, Problem) else line.number


@contextmanager
def _lines(file: Path, columns: str) -> Generator[tuple[Iterator[Line | Problem], int | None]]:
    """The events of a file, and how many lines it has, which nobody knows of standard input.

    Raises CommandFailed when it cannot be read.
    """
    if file.suffix == ".csv" and not columns:
        raise CommandFailed("Say what the columns of the CSV file are, such as --map user=userId,name=event.")
    try:
        mapping = parse_columns(columns) if columns else {}
        if str(file) == "-":
            yield read(sys.stdin, Path("standard input"), mapping), None
            return
        with file.open("rb") as counted:
            count = sum(1 for _ in counted)
        with file.open(encoding="utf-8", newline="" if mapping else None) as source:
            yield read(source, file, mapping), count
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{file} is not UTF-8 text: {error.reason}.") from error
    except ValueError as error:
        raise CommandFailed(f"--map: {error}.") from error
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from error


def factor(speed: str) -> float | None:
    """How much faster than it happened; None is as fast as it goes. Raises CommandFailed."""
    words = {"original": 1.0, "max": None}
    if speed in words:
        return words[speed]
    try:
        factor = float(speed.removesuffix("x"))
    except ValueError:
        factor = 0.0
    if not 0 < factor < 1e9:
        raise CommandFailed(f"'{speed}' is no speed; write original, max, or a factor such as 60.")
    return factor
