"""Conditions in CEL, compiled when a journey is loaded.

Scope: `event` (the one being judged), `start` (the one that started the run), `customer`, `run` (what
this run did so far) and `now`. `event` and `start` read their properties directly (`event.price`), beside
`event.name` and `event.at`. The language: https://cel.dev.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Protocol, cast

import cel
from pydantic import AfterValidator

from journeys.counting import counted

NAMES = ("event", "start", "customer", "run", "now")
Scope = Mapping[str, Any]
_SEGMENT = re.compile(r"(?!(?:true|false|null|now|customer)$)[a-z][a-z0-9_-]{0,59}")


class _Program(Protocol):
    """What this module uses of a compiled CEL program, whose own stubs are untyped at places."""

    def execute(self, context: dict[str, Any]) -> object: ...
    def variables(self) -> list[str]: ...


def check_condition(source: str) -> str:
    """Compile a condition and check the names it starts from, and those of the events it counts.

    Raises ValueError with the place.
    """
    check_names(source, NAMES)
    counted(source)
    return source


def check_names(source: str, names: Sequence[str]) -> str:
    """Compile an expression and check the names it starts from. Raises ValueError with the place."""
    try:
        program = _compile(source)
    except ValueError as error:
        reason = str(error).partition("ERROR: <input>:")[2].splitlines()
        where = reason[0].partition(": ")[2] if reason else str(error)
        raise ValueError(f"the condition '{source}' does not compile: {where}") from error
    unknown = [n for n in program.variables() if n not in names and not _bound_by_macro(n, source)]
    if unknown:
        raise ValueError(f"the condition '{source}' uses '{unknown[0]}'; it may use {', '.join(names)}")
    return source


def names_segment(text: str) -> bool:
    """Whether a text is the name of a segment: a single word, which is no condition over these names."""
    return _SEGMENT.fullmatch(text) is not None


def _check_who(source: str) -> str:
    return source if names_segment(source) else check_names(source, ("customer", "now"))


Condition = Annotated[str, AfterValidator(check_condition)]
Who = Annotated[str, AfterValidator(_check_who)]
"""The name of a segment, or a condition over `customer` and `now` in its place."""


def uses(source: str, name: str) -> bool:
    """Whether an expression starts from one of the names, such as `customer`."""
    return name in _compile(source).variables()


def holds(source: str, scope: Scope) -> bool:
    """Whether a condition is true. A value that is missing or of the wrong type makes it false."""
    return value(source, scope) is True


def value(source: str, scope: Scope) -> object:
    """What an expression gives, or None when something in it is missing or of the wrong type."""
    try:
        return _compile(source).execute(dict(scope))
    except (LookupError, ArithmeticError, TypeError, ValueError, RuntimeError):
        return None


@lru_cache(maxsize=4096)
def _compile(source: str) -> _Program:
    return cast(_Program, cel.compile(source))


def _bound_by_macro(name: str, source: str) -> bool:
    """CEL lists the variable of a macro such as `.exists(p, ...)` among the names an expression uses."""
    return any(
        f".{macro}({name}," in source.replace(" ", "")
        for macro in ("exists", "all", "map", "filter", "exists_one")
    )
