"""`customer.session`: the present or the last visit to the site or the app.

A visit lasts until half an hour passes without a page or an event on one. An event that comes so late that it
belongs to an earlier visit changes nothing: it is told what the last one was like.
"""

from collections.abc import Collection
from typing import Any

from learning.features.observed import Observed, State, as_time, days_between

GAP = 1800
"""Seconds without anything after which a visit is over."""
_PAGES = ("Page Viewed", "Screen Viewed")


def fold(state: State, event: Observed) -> State:
    """Add an event that happened on a page. Within one visit their order does not matter."""
    visit = event.visit
    if visit is None:
        return state
    if not state or event.at > state["last"] + GAP:
        state = _begin(state, event, visit.page, visit.referrer)
    elif event.at < state["start"] - GAP:
        return state
    if event.at < state["start"]:
        state.update(start=event.at, entry=visit.page, ref=visit.referrer)
    if event.at >= state["last"]:
        state.update(last=event.at, page=visit.page)
    state["pages"] += event.name in _PAGES
    return state


def merge(one: State, other: State) -> State:
    """The visits of two customers who are one. Visits that touch are one visit, as when a visitor signs in;
    otherwise the later one is the present one."""
    if not one or not other:
        return one or other
    earlier, later = sorted((one, other), key=_order)
    together = {**later, "n": one["n"] + other["n"], "past": one["past"] + other["past"]}
    if later["start"] > earlier["last"] + GAP:
        return {**together, "past": together["past"] + earlier["last"] - earlier["start"]}
    first = min(one, other, key=lambda state: (state["start"], state["entry"], state["ref"]))
    return {
        **together,
        "n": together["n"] - 1,
        "pages": one["pages"] + other["pages"],
        **{key: first[key] for key in ("start", "entry", "ref")},
    }


def view(state: State, now: int, asked: Collection[str]) -> dict[str, Any]:
    """The visit at a moment."""
    if not state:
        return {"count": 0, "active": False, "pages": 0, "seconds": 0, "total_seconds": 0}
    seconds = state["last"] - state["start"]
    return {
        "count": state["n"],
        "active": now - state["last"] <= GAP,
        "pages": state["pages"],
        "seconds": seconds,
        "total_seconds": state["past"] + seconds,
        "page": state["page"],
        "entry": state["entry"],
        "referrer": state["ref"],
        "started_at": as_time(state["start"]),
        "last_at": as_time(state["last"]),
        "days_since": days_between(state["last"], now),
    }


def _begin(before: State, event: Observed, page: str, referrer: str) -> State:
    return {
        "n": before.get("n", 0) + 1,
        "past": before.get("past", 0) + (before["last"] - before["start"] if before else 0),
        "start": event.at,
        "last": event.at,
        "pages": 0,
        "entry": page,
        "page": page,
        "ref": referrer,
    }


def _order(state: State) -> tuple[int, int, str]:
    return state["last"], state["start"], state["page"]
