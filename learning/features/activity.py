"""How active a customer is, as sums that fade over 14, 60 and 180 days. Scores are worked out from this."""

from collections.abc import Collection
from typing import Any

from journeys.events import JOURNEY_REQUESTED, OUTCOMES, TOLD_BY_US
from learning.features import decay
from learning.features.observed import DAY, Observed, State

HALF_LIVES = (14 * DAY, 60 * DAY, 180 * DAY)
KINDS = ("any", "view", "cart", "order")
_OF = {
    "Product Viewed": "view",
    "Product Clicked": "view",
    "Product Added": "cart",
    "Checkout Started": "cart",
    "Order Completed": "order",
}
_NOT_THEIRS = {
    JOURNEY_REQUESTED,
    *TOLD_BY_US,
    *(name for name, outcome in OUTCOMES.items() if outcome in ("delivered", "bounced")),
}
"""Events that tell of no act of the customer."""


def fold(state: State, event: Observed) -> State:
    """Add an act of the customer. The order in which events come does not matter."""
    if event.name in _NOT_THEIRS:
        return state
    for kind in {"any", _OF.get(event.name, "any")}:
        known = state.get(kind) or [None] * len(HALF_LIVES)
        state[kind] = [decay.add(old, 1.0, event.at, life) for old, life in zip(known, HALF_LIVES, strict=True)]
    state["first"] = min(state.get("first", event.at), event.at)
    return state


def merge(one: State, other: State) -> State:
    """The activity of two customers who are one."""
    if not one or not other:
        return one or other
    together: State = {"first": min(one["first"], other["first"])}
    for kind in {*one, *other} - {"first"}:
        here, there = (state.get(kind) or [None] * len(HALF_LIVES) for state in (one, other))
        together[kind] = [decay.merge(a, b, life) for a, b, life in zip(here, there, HALF_LIVES, strict=True)]
    return together


def view(state: State, now: int, asked: Collection[str]) -> dict[str, Any]:
    """The sums at a moment, by kind and half-life in days: `view_14d`."""
    return {
        f"{kind}_{life // DAY}d": decay.now_is(old, now, life)
        for kind in KINDS
        for old, life in zip(state.get(kind) or [None] * len(HALF_LIVES), HALF_LIVES, strict=True)
    }
