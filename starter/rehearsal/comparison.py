"""Holds what came of a rehearsal against what was expected of it."""

import difflib
from collections.abc import Sequence

from starter.rehearsal.model import Entry


def differences(expected: Sequence[Entry], came: Sequence[Entry]) -> list[str]:
    """A unified difference, a line for each entry; empty when all is as expected.

    A key that an expectation leaves out may have any value, and is not shown.
    """
    if len(expected) == len(came) and all(map(Entry.covers, expected, came)):
        return []
    wanted = [show(entry) for entry in expected]
    got = [show(_counterpart(entry, place, expected) or entry) for place, entry in enumerate(came)]
    return list(difflib.unified_diff(wanted, got, "expected", "came", lineterm="", n=len(wanted)))


def show(entry: Entry) -> str:
    """An entry as one line of a rehearsal file."""
    return ", ".join(f"{key}: {value}" for key, value in entry.model_dump(exclude_none=True).items())


def _counterpart(entry: Entry, place: int, expected: Sequence[Entry]) -> Entry | None:
    """The expectation that an entry fulfils; the one at its own place before any other."""
    candidates = [*expected[place : place + 1], *expected]
    return next((candidate for candidate in candidates if candidate.covers(entry)), None)
