"""When a condition over a customer may change its answer though nothing happens: windows that run out, time that
passes.

A comparison of something that grows with time, such as `customer.session.days_since > 30`, changes at a moment
that can be worked out; a window changes when a bucket leaves it. Where time is used in another way there is no
such moment, and the condition is looked at again every hour; one over scores, which fade slowly, every day.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from journeys.checking.syntax import Call, Literal, Name, Node, Operation, parse
from journeys.conditions import value
from journeys.features import outermost, path_of
from learning.features import messages
from learning.features.document import Features
from learning.features.observed import DAY, HOUR, State
from learning.features.sessions import GAP

_COMPARING = ("<", "<=", ">", ">=", "==", "!=")
_GROWING = {"days_since": 1 / DAY, "hours_since": 1 / HOUR}
"""What grows with time, by the last part of its path, and by how much a second."""
_WINDOWS = {
    "last_24h": (HOUR, 24),
    **{f"last_{days}d": (DAY, days) for days in (7, 30, 90, 365)},
}
"""By the last part of its path, how many seconds a window's buckets have, and how many of them it has."""


@dataclass(frozen=True)
class Reading:
    """What in a condition depends on time."""

    comparisons: tuple[tuple[Node, Node, float], ...] = ()
    """The two sides, and how fast the left one grows beyond the right one, a second."""
    windows: tuple[tuple[str, ...], ...] = ()
    """Paths below the customer."""
    visits: bool = False
    """Whether a visit's end counts."""
    every: int | None = None
    """Seconds after which it must be looked at again, whatever is known."""


def turns(source: str, scope: Mapping[str, Any], features: Features, now: datetime) -> Iterator[int]:
    """The moments after `now` at which the answer may change, in seconds since 1970 and in no order. `scope` is
    what the condition sees now."""
    reading, at = read(source), int(now.timestamp())
    if reading.every is not None:
        yield at + reading.every
    if reading.visits and (session := features.get("session")):
        yield session["last"] + GAP + 1
    for path in reading.windows:
        yield from _leaving(path, features)
    for left, right, slope in reading.comparisons:
        ahead = _ahead(value(_text(source, left), scope), value(_text(source, right), scope))
        if ahead is not None:
            # At the moment itself the two sides are equal, a second later one is beyond the other.
            meet = round(at - ahead / slope)
            yield from (meet - 1, meet, meet + 1)


@lru_cache(maxsize=1024)
def read(source: str) -> Reading:
    """What in a condition depends on time."""
    tree = parse(source)
    if tree is None:
        return Reading(every=HOUR)
    found = _Found([], [], set())
    _look(source, tree, found)
    return Reading(
        comparisons=tuple(found.comparisons),
        windows=tuple(found.windows),
        visits="visits" in found.other,
        every=HOUR if "time" in found.other else DAY if "scores" in found.other else None,
    )


@dataclass
class _Found:
    comparisons: list[tuple[Node, Node, float]]
    windows: list[tuple[str, ...]]
    other: set[str]


def _look(source: str, node: Node, found: _Found) -> None:
    if isinstance(node, Call) and node.name == "has":
        return
    if isinstance(node, Operation) and node.operator in _COMPARING:
        left, right = node.operands
        slope = _slope(source, left), _slope(source, right)
        if slope[0] is not None and slope[1] is not None:
            if slope[0] != slope[1]:
                found.comparisons.append((left, right, slope[0] - slope[1]))
            return
    if isinstance(node, Name):
        found.other |= {"time"} if node.name == "now" else set()
        return
    path = path_of(source, node)
    if not path:
        for part in node.parts():
            _look(source, part, found)
        return
    _sort(path, found)
    # What stands in brackets may depend on time as well.
    for part in outermost(node):
        if part is not node:
            _look(source, part, found)


def _sort(path: tuple[str, ...], found: _Found) -> None:
    """What a path below the customer has to do with time."""
    kind = _kind(path)
    if kind == "window":
        found.windows.append(path)
    elif kind:
        found.other.add(kind)


def _kind(path: tuple[str, ...]) -> str:
    first, last = path[0], path[-1]
    if first == "scores":
        return "scores"
    if first in ("events", "orders", "messages") and last in _WINDOWS:
        return "window"
    if first == "session" and last == "active":
        return "visits"
    parts = {"session": 2, "cart": 2, "orders": 2, "events": 3, "messages": 4}
    return "time" if last in _GROWING or len(path) < parts.get(first, 1) else ""


def _slope(source: str, node: Node) -> float | None:
    """How fast a side of a comparison grows, a second; None where that cannot be told from how it is written."""
    if isinstance(node, Name):
        return 1.0 if node.name == "now" else None
    if isinstance(node, Operation) and node.operator in ("+", "-") and len(node.operands) == 2:
        first, second = (_slope(source, each) for each in node.operands)
        if first is None or second is None:
            return None
        return first + second if node.operator == "+" else first - second
    if isinstance(node, Call) and node.target is None and node.name in ("timestamp", "duration", "double", "int"):
        return _slope(source, node.arguments[0]) if len(node.arguments) == 1 else None
    path = path_of(source, node)
    if path and path[-1] in _GROWING and path[0] not in ("scores", "consents"):
        return _GROWING[path[-1]]
    steady = isinstance(node, Literal) or (bool(path) and not _kind(path))
    return 0.0 if steady else None


def _ahead(left: object, right: object) -> float | None:
    """How far the left side is beyond the right one, in seconds or as numbers; None when they do not compare."""
    if isinstance(left, datetime) and isinstance(right, datetime):
        return (left - right).total_seconds()
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return (left - right).total_seconds()
    if isinstance(left, int | float) and isinstance(right, int | float):
        return float(left) - float(right)
    return None


def _leaving(path: tuple[str, ...], features: Features) -> Iterator[int]:
    """When each bucket leaves a window."""
    length, many = _WINDOWS[path[-1]]
    yield from ((int(number) + many) * length for number in _buckets(path, length, features.get(path[0], {})))


def _buckets(path: tuple[str, ...], length: int, state: State) -> Iterable[str]:
    """The numbers of the buckets that a window counts."""
    match path:
        case ("events", name, _):
            return state.get(name, {}).get("h" if length == HOUR else "d", ())
        case ("messages", channel, outcome, _):
            return messages.days(state, channel, outcome)
        case _:
            return state.get("days", ())


def _text(source: str, node: Node) -> str:
    return source[node.start : node.end]
