"""`customer.interests`: the products and categories a customer looked at last, and how much they care.

Every touch adds a weight that halves in two weeks: a look 1, a wish 2, a cart 3, a purchase 5.
"""

from collections.abc import Collection
from typing import Any

from learning.features import decay
from learning.features.observed import DAY, Observed, State, lines, word

HALF_LIFE = 14 * DAY
MOST = 20
"""Products, and categories, that are kept; beyond them those touched longest ago are forgotten."""
WEIGHTS = {
    "Product Viewed": 1.0,
    "Product Clicked": 1.0,
    "Product List Viewed": 1.0,
    "Product Added to Wishlist": 2.0,
    "Product Added": 3.0,
    "Order Completed": 5.0,
}


def fold(state: State, event: Observed) -> State:
    """Add what an event touches. The order does not matter, unless something was forgotten."""
    weight = WEIGHTS.get(event.name)
    if weight is None:
        return state
    if event.name == "Product List Viewed":
        products, categories = set[str](), {word(event.properties.get("category"))}
    else:
        touched = list(lines(event.properties))
        products, categories = {line.product for line in touched}, {line.category for line in touched}
    for kind, names in (("products", products), ("categories", categories)):
        known = state.setdefault(kind, {})
        for name in sorted(names - {""}):
            known[name] = decay.add(known.get(name), weight, event.at, HALF_LIFE)
        state[kind] = _newest(known)
    return state


def merge(one: State, other: State) -> State:
    """The interests of two customers who are one."""
    together: State = {}
    for kind in {*one, *other}:
        here, there = one.get(kind, {}), other.get(kind, {})
        names = {*here, *there}
        merged = {name: decay.merge(here.get(name), there.get(name), HALF_LIFE) for name in names}
        together[kind] = _newest(merged)
    return together


def view(state: State, now: int, asked: Collection[str]) -> dict[str, Any]:
    """The interests at a moment: what was touched last first, and each category's share of all."""
    products, categories = state.get("products", {}), state.get("categories", {})
    weights = {name: decay.now_is(each, now, HALF_LIFE) for name, each in categories.items()}
    total = sum(weights.values())
    shares = {name: weight / total for name, weight in weights.items()} if total > 0 else {}
    named = {
        "last_product": next(iter(_by_age(products)), None),
        "top_product": _strongest({n: decay.now_is(each, now, HALF_LIFE) for n, each in products.items()}),
        "last_category": next(iter(_by_age(categories)), None),
        "top_category": _strongest(shares),
    }
    known = {name: value for name, value in named.items() if value is not None}
    return {"products": _by_age(products), "categories": shares, **known}


def _by_age(items: State) -> list[str]:
    """Names, the one touched last first."""
    return sorted(items, key=lambda name: (-items[name][1], name))


def _newest(items: State) -> State:
    return items if len(items) <= MOST else {name: items[name] for name in _by_age(items)[:MOST]}


def _strongest(weights: dict[str, float]) -> str | None:
    return min(weights, key=lambda name: (-weights[name], name), default=None)
