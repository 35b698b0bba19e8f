"""Puts a file of events through, as a back-fill or as a test: Segment's JSON lines, or CSV with named columns.

The file is read line by line, however long it is. Events without a `messageId` get one that derives from
their line, so that a file put through twice counts once.
"""

import asyncio
import csv
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from starter.client import BATCH_ITEMS, Sojourn
from starter.ingestion.items import Envelope, Malformed, read_item
from yamlfile import FileProblems, Problem

ATTEMPTS = 100
"""How often a replay tries a request: it has nothing better to do than to wait for a server that is behind."""

_PROBLEMS = 100
"""Bad lines that are told one by one; the others are only counted."""
_FIELDS = ("type", "messageId", "userId", "anonymousId", "event", "name", "timestamp")
_SECTIONS = ("properties.", "traits.", "context.")
_STAMPS = ("originalTimestamp", "sentAt", "receivedAt")
"""Times in an archived item that `timestamp` was computed from already."""


@dataclass(frozen=True)
class Line:
    """One event of a file."""

    number: int
    item: dict[str, Any]
    at: datetime


@dataclass
class Progress:
    """How far a replay is."""

    sent: int = 0
    line: int = 0
    durable: int = 0
    """The line of the last event that is durable: what comes up to it need not be sent again."""
    bad_lines: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])


def read(source: Iterable[str], file: Path, columns: Mapping[str, str]) -> Iterator[Line | Problem]:
    """The events of a CSV file when `columns` are given, otherwise of JSON lines. Raises FileProblems."""
    return read_csv(source, file, columns) if columns else read_json_lines(source, file)


def read_json_lines(source: Iterable[str], file: Path) -> Iterator[Line | Problem]:
    """The events of JSON lines, or the problem of a line that is none. `file` is named in problems."""
    for number, text in enumerate(source, start=1):
        if not text.strip():
            continue
        try:
            raw: object = json.loads(text)
        except json.JSONDecodeError as error:
            yield Problem(file, number, error.colno, f"this is not JSON: {error.msg}")
            continue
        if not isinstance(raw, dict):
            yield Problem(file, number, 1, "this is not a JSON object")
            continue
        yield _line(cast(dict[str, Any], raw), number, text, file)


def read_csv(source: Iterable[str], file: Path, columns: Mapping[str, str]) -> Iterator[Line | Problem]:
    """The events of a CSV file with a header. `columns` says which of Segment's fields a column is.

    Raises FileProblems when the file has no such column.
    """
    rows = csv.DictReader(source)
    missing = [column for column in columns if column not in (rows.fieldnames or [])]
    if missing:
        raise FileProblems([Problem(file, 1, 1, f"there is no column '{column}'") for column in missing])
    for row in rows:
        item: dict[str, Any] = {"type": "track"}
        for column, target in columns.items():
            _put(item, target, row.get(column) or "")
        yield _line(item, rows.line_num, "\x1f".join(str(value) for value in row.values()), file)


def parse_columns(text: str) -> dict[str, str]:
    """Read `user=userId,event=event,time=timestamp,price=properties.price`. Raises ValueError."""
    columns: dict[str, str] = {}
    for pair in text.split(","):
        column, equals, target = (part.strip() for part in pair.partition("="))
        if not equals or not column:
            raise ValueError(f"'{pair}' is not a column and its field, such as user=userId")
        if target not in _FIELDS and not target.startswith(_SECTIONS):
            known = ", ".join([*_FIELDS, *(f"{section}..." for section in _SECTIONS)])
            raise ValueError(f"'{target}' is not a field of an event; there are {known}")
        columns[column] = target
    return columns


async def replay(
    client: Sojourn,
    lines: Iterable[Line | Problem],
    *,
    speed: float | None = None,
    report: Callable[[Progress], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Progress:
    """Send every event, in the order of the file, and give what became of the lines.

    `speed` 1 keeps the pace at which the events happened, 60 plays an hour in a minute, None goes as fast
    as the server takes them. `report` is called after each request. Bad lines are told and left out.
    Raises starter.client.SojournError; what was reported before is durable.
    """
    progress, pace, waiting = Progress(), _Pace(speed, clock), list[Line]()
    for line in lines:
        if isinstance(line, Problem):
            _tell(progress, line)
            continue
        ahead = pace.ahead(line.at)
        if waiting and (ahead > 0 or len(waiting) >= BATCH_ITEMS):
            await _send(client, waiting, progress, report)
        if ahead > 0:
            await sleep(ahead)
        waiting.append(line)
    await _send(client, waiting, progress, report)
    return progress


class _Pace:
    """When each event is due, counted from the first one."""

    def __init__(self, speed: float | None, clock: Callable[[], float]) -> None:
        self._speed = speed
        self._clock = clock
        self._first: datetime | None = None
        self._began = clock()

    def ahead(self, at: datetime) -> float:
        """Seconds until an event of this time is due."""
        if self._speed is None:
            return 0.0
        self._first = self._first or at
        due = self._began + (at - self._first).total_seconds() / self._speed
        return due - self._clock()


async def _send(
    client: Sojourn, waiting: list[Line], progress: Progress, report: Callable[[Progress], None]
) -> None:
    if waiting:
        progress.sent += await client.batch([line.item for line in waiting])
        progress.line = progress.durable = waiting[-1].number
        waiting.clear()
    report(progress)


def _tell(progress: Progress, problem: Problem) -> None:
    progress.bad_lines += 1
    progress.line = problem.line
    if len(progress.problems) < _PROBLEMS:
        progress.problems.append(problem)


def _line(raw: dict[str, Any], number: int, text: str, file: Path) -> Line | Problem:
    """Check an event as the server would, so that what is wrong is told at its line."""
    item = {key: value for key, value in raw.items() if key not in _STAMPS}
    item.setdefault("timestamp", raw.get("originalTimestamp"))
    try:
        incoming = read_item(item, Envelope(received_at=datetime.now(UTC)))
    except Malformed as error:
        return Problem(file, number, 1, str(error))
    if not item.get("messageId"):
        item["messageId"] = "file_" + hashlib.sha256(f"{number}\n{text}".encode()).hexdigest()[:32]
    return Line(number, item, incoming.at)


def _put(item: dict[str, Any], target: str, text: str) -> None:
    """Set a field; an empty cell sets none, and a number or a truth value in a section is one."""
    section, dot, name = target.partition(".")
    if not text:
        return
    if dot:
        item.setdefault(section, {})[name] = _plain(text)
    else:
        item[target] = text


def _plain(text: str) -> object:
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError:
        return text
    return value if isinstance(value, bool | int | float) else text
