"""Saves a rehearsal with what came of it, so that it can be expected from then on."""

import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML

from starter.rehearsal.model import Entry, Rehearsal, kind_of_file
from starter.rehearsal.story import Story

_PLAIN = re.compile(r"(?!(?i:true|false|null)\b)[A-Za-z•][\w •@.-]*[\w•]|day \d+ \d\d:\d\d")
_EXPECT = re.compile(r"^expect:.*?(?=^[^\s#-]|\Z)", re.MULTILINE | re.DOTALL)
_LONG = ("says", "why")


class NoRehearsal(Exception):
    """Something else is in the file that a rehearsal would be saved to."""


def save(file: Path, rehearsal: Rehearsal, story: Story) -> None:
    """Write the rehearsal and its story to a file. In a rehearsal that is there already only what is expected
    changes, and all else stays as it was written. Raises NoRehearsal when something else is there."""
    if file.exists() and kind_of_file(file) != "rehearsal":
        raise NoRehearsal(f"{file} is there already, and is no rehearsal; choose another name.")
    text = _EXPECT.sub("", file.read_text(encoding="utf-8")) if file.exists() else _written(rehearsal)
    file.write_text(f"{text.rstrip()}\n{_expectation(story.entries)}", encoding="utf-8")


def _written(rehearsal: Rehearsal) -> str:
    """The rehearsal as YAML, without what is expected."""
    out = io.StringIO()
    given = rehearsal.model_dump(mode="json", exclude_unset=True, exclude={"expect"})
    cast(Any, YAML()).dump(given, out)
    return out.getvalue()


def _expectation(entries: Iterable[Entry]) -> str:
    told = "".join(f"  - {{{_on_lines(entry.model_dump(exclude_none=True))}}}\n" for entry in entries)
    return f"expect:\n{told}" if told else "expect: []\n"


def _on_lines(entry: dict[str, str]) -> str:
    """The short keys on one line, each of the long ones on its own."""
    short = ", ".join(f"{key}: {_scalar(value)}" for key, value in entry.items() if key not in _LONG)
    return ",\n     ".join([short, *(f"{key}: {_scalar(entry[key])}" for key in _LONG if key in entry)])


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
