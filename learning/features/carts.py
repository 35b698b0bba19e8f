"""`customer.cart`: what lies in the cart, from the events of Segment's e-commerce specification.

What was put in before the cart was emptied does not come back, however late it is told of.
"""

from collections.abc import Collection
from typing import Any

from learning.features.observed import Line, Observed, State, as_time, days_between, lines, newest

MOST_ITEMS = 50
"""Products that are kept; beyond them the one that was touched longest ago is forgotten."""
_EMPTIED = ("Order Completed", "Cart Cleared")
_SHOWN = ("Cart Viewed", "Cart Updated", "Checkout Started")


def fold(state: State, event: Observed) -> State:
    """Do to the cart what an event says was done to it."""
    at = event.at
    if event.name == "Product Added":
        for line in lines(event.properties):
            _put(state, line, line.quantity or 1, at)
    elif event.name == "Product Removed":
        for line in lines(event.properties):
            _take(state, line, at)
    elif event.name in _EMPTIED:
        _empty(state, at)
    elif event.name in _SHOWN and isinstance(event.properties.get("products"), list):
        _show(state, list(lines(event.properties)), at)
    else:
        return state
    state["at"] = max(state.get("at", at), at)
    state["items"] = newest(state.get("items", {}), MOST_ITEMS)
    return state


def merge(one: State, other: State) -> State:
    """The carts of two customers who are one: what either put in after either emptied it."""
    if not one or not other:
        return one or other
    emptied = max(one.get("emptied", 0), other.get("emptied", 0))
    items: State = {}
    for name in {**one["items"], **other["items"]}:
        found = [cart["items"][name] for cart in (one, other) if name in cart["items"]]
        latest = max(found, key=lambda item: (item["at"], item["q"]))
        items[name] = {**latest, "q": sum(item["q"] for item in found)}
    kept = {name: item for name, item in items.items() if item["at"] > emptied}
    return {"emptied": emptied, "at": max(one["at"], other["at"]), "items": newest(kept, MOST_ITEMS)}


def view(state: State, now: int, asked: Collection[str]) -> dict[str, Any]:
    """The cart at a moment."""
    items = {name: item for name, item in state.get("items", {}).items() if item["q"] > 0}
    seen = {
        "open": bool(items),
        "items": sum(item["q"] for item in items.values()),
        "value": round(sum(item["q"] * item["price"] for item in items.values()), 2),
        "products": sorted(items, key=lambda name: (-items[name]["at"], name)),
    }
    if state:
        seen |= {"changed_at": as_time(state["at"]), "hours_since": days_between(state["at"], now) * 24}
    return seen


def _put(state: State, line: Line, quantity: int, at: int) -> None:
    if at <= state.get("emptied", 0):
        return
    item = state.setdefault("items", {}).setdefault(line.product, {"q": 0, "price": 0.0, "at": at, "out": 0})
    if at <= item["out"]:
        return
    item["q"] += quantity
    if at >= item["at"] and line.price:
        item["price"] = line.price
    item["at"] = max(item["at"], at)


def _take(state: State, line: Line, at: int) -> None:
    """Without a quantity all of the product goes. A removal that comes before its addition waits for it."""
    if line.quantity is not None:
        _put(state, Line(line.product, "", 0.0, None), -line.quantity, at)
    elif at > state.get("emptied", 0):
        item = state.setdefault("items", {}).setdefault(line.product, {"q": 0, "price": 0.0, "at": at, "out": 0})
        if at >= item["at"]:
            item.update(q=0, at=at, out=at)


def _empty(state: State, at: int) -> None:
    state["emptied"] = max(state.get("emptied", 0), at)
    kept = {name: item for name, item in state.get("items", {}).items() if item["at"] > state["emptied"]}
    state["items"] = kept


def _show(state: State, shown: list[Line], at: int) -> None:
    """The site says what the whole cart is: what was known before gives way to it."""
    if at <= state.get("emptied", 0):
        return
    _empty(state, at - 1)
    items = state["items"]
    newer = {name: item for name, item in items.items() if item["at"] > at}
    told = {line.product: {"q": line.quantity or 1, "price": line.price, "at": at, "out": 0} for line in shown}
    state["items"] = {**told, **newer}
