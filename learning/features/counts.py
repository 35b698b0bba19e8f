"""`customer.events`: how often each event happened, and how long ago."""

from collections.abc import Collection
from typing import Any

from learning.features import buckets
from learning.features.observed import DAY, HOUR, Observed, State, as_time, days_between, newest, word

MOST_NAMES = 40
"""Events by name that are kept of one customer; beyond them, the one that happened longest ago is forgotten."""
_HOURS, _DAYS = 24, 30


def fold(state: State, event: Observed) -> State:
    """Count an event. The order in which events come does not matter, unless names were forgotten."""
    if not word(event.name):
        return state
    known = state.setdefault(event.name, {"n": 0, "first": event.at, "last": event.at, "h": {}, "d": {}})
    known["n"] += 1
    known["first"], known["last"] = min(known["first"], event.at), max(known["last"], event.at)
    buckets.add(known["h"], event.at // HOUR, _HOURS)
    buckets.add(known["d"], event.at // DAY, _DAYS)
    return newest(state, MOST_NAMES, "last")


def merge(one: State, other: State) -> State:
    """The counts of two customers who are one."""
    names = {*one, *other}
    together = {name: _both(one[name], other[name]) for name in names if name in one and name in other}
    return newest({**one, **other, **together}, MOST_NAMES, "last")


def view(state: State, now: int, asked: Collection[str]) -> dict[str, Any]:
    """The counts at a moment; those that are asked for by name are there even when nothing was counted."""
    return {name: _one(state.get(name), now) for name in asked or state}


def _both(one: State, other: State) -> State:
    return {
        "n": one["n"] + other["n"],
        "first": min(one["first"], other["first"]),
        "last": max(one["last"], other["last"]),
        "h": buckets.merge(one["h"], other["h"], _HOURS),
        "d": buckets.merge(one["d"], other["d"], _DAYS),
    }


def _one(known: State | None, now: int) -> dict[str, Any]:
    if known is None:
        return {"count": 0, "last_24h": 0, "last_7d": 0, "last_30d": 0}
    return {
        "count": known["n"],
        "last_24h": buckets.last(known["h"], now // HOUR, 24),
        "last_7d": buckets.last(known["d"], now // DAY, 7),
        "last_30d": buckets.last(known["d"], now // DAY, 30),
        "first_at": as_time(known["first"]),
        "last_at": as_time(known["last"]),
        "days_since": days_between(known["last"], now),
    }
