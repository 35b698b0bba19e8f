"""How commands print: listings as aligned columns within 80 characters, or as JSON for programs."""

import json
import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import typer

from starter.cli.invocation import Format

Row = Mapping[str, Any]

_WIDTH = 80
_GOES_ON = "    "


def print_listing(rows: Sequence[Row], columns: Mapping[str, str], form: Format, nothing: str) -> None:
    """Print rows. `columns` gives each heading the key of its value; in JSON every key of a row is there.
    `nothing` is what to say when there are none."""
    if form is Format.json:
        print_json(list(rows))
    elif not rows:
        typer.echo(nothing)
    else:
        _print_table([[_text(row[key]) for key in columns.values()] for row in rows], list(columns))


def print_json(value: object) -> None:
    """One JSON document, times in ISO 8601."""
    typer.echo(as_json(value))


def as_json(value: object) -> str:
    """A document as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def print_facts(facts: Mapping[str, object]) -> None:
    """Names and values, each on a line of its own or, within 80 columns, on some; what is empty is left out."""
    shown = {name: _text(value) for name, value in facts.items() if value not in (None, "", [], {})}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        head = f"{name:<{width}}  "
        typer.echo(f"{head}{value}" if "\n" in value else paragraph(value, head, " " * len(head)))


def print_more(more: bool, page: int, form: Format) -> None:
    """Say that there is a next page."""
    if more and form is Format.text:
        typer.echo(f"There are more: --page {page + 1}", err=True)


def paragraph(text: str, indent: str = "", further: str | None = None) -> str:
    """Text within 80 columns, its first line after `indent`, the others after `further` or the same."""
    after = indent if further is None else further
    # Ids and addresses stay whole, to be copied.
    ways: dict[str, Any] = {"break_on_hyphens": False, "break_long_words": False}
    return textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=after, **ways)


def moment(time: datetime) -> str:
    """A time in UTC, to the minute."""
    return f"{time:%Y-%m-%d %H:%M}"


def minute(time: str) -> str:
    """A time as the API gives it, in UTC, to the minute."""
    return moment(datetime.fromisoformat(time))


def with_times(row: Row, *names: str) -> dict[str, Any]:
    """A row as the API gives it, with these of its values as times."""
    return {**row, **{name: datetime.fromisoformat(row[name]) for name in names if row[name]}}


def _print_table(rows: list[list[str]], headings: list[str]) -> None:
    """Columns as wide as what is in them. Ids stay whole, to be copied: what does not fit goes on a line below."""
    widths = [*(max(len(line[column]) for line in [headings, *rows]) for column in range(len(headings) - 1)), 0]
    for line in [headings, *rows]:
        told = ""
        for cell, width in zip(line, widths, strict=True):
            if told.strip() and len(told) + len(cell) > _WIDTH:
                typer.echo(told.rstrip())
                told = _GOES_ON
            told += f"{cell:<{width}}  "
        told = told.rstrip()
        typer.echo(told if len(told) <= _WIDTH else paragraph(told.strip(), _GOES_ON))


def _text(value: object) -> str:
    return moment(value) if isinstance(value, datetime) else "" if value is None else str(value)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
