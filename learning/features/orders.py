"""`customer.orders`: how often, when and for how much a customer bought. Scores are worked out from this.

An order that is told of twice, by the site and by the shop's server, is counted once when both name the same
`order_id`. `value` and `average` add amounts up as they come, whatever the currency; `spent` keeps them apart.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from learning.features.observed import DAY, Observed, State, as_time, days_between, number, word

MOST_DAYS = 200
"""Days with orders that are kept one by one; of older ones the sums remain."""
MOST_IDS = 50
"""Orders whose ids are remembered, the newest."""
MOST_CURRENCIES = 20
"""Currencies that are kept apart; what is in others is known as money without a currency."""
_CURRENCY = re.compile("[A-Z]{3}")
ORDERED, REFUNDED = "Order Completed", "Order Refunded"


def fold(state: State, event: Observed) -> State:
    """Count an order or a refund. The order in which they come does not matter, but for what was forgotten."""
    if event.name == REFUNDED:
        state.setdefault("refunded", 0.0)
        state["refunded"] += amount_of(event.properties)
        _spend(state, event.properties, -amount_of(event.properties))
        return state
    order_id = word(event.properties.get("order_id"))
    if event.name != ORDERED or (order_id and order_id in state.get("ids", ())):
        return state
    state = state if "n" in state else {**_nothing(event.at), **state}
    amount = amount_of(event.properties)
    state["n"] += 1
    state["value"] += amount
    _spend(state, event.properties, amount)
    state["discounted"] += _is_discounted(event.properties)
    state["first"], state["last"] = min(state["first"], event.at), max(state["last"], event.at)
    if order_id:
        state["ids"] = [*state["ids"], order_id][-MOST_IDS:]
    _count_day(state, event.at // DAY, 1, amount)
    return state


def merge(one: State, other: State) -> State:
    """The orders of two customers who are one."""
    if not one or not other:
        return one or other
    refunded = {
        "refunded": one.get("refunded", 0.0) + other.get("refunded", 0.0),
        "spent": _spent_by_both(one.get("spent", {}), other.get("spent", {})),
    }
    if "n" not in one or "n" not in other:
        bought = one if "n" in one else other
        return {**bought, **refunded}
    early, late = sorted((one, other), key=lambda state: (state["first"], state["last"], state["n"]))
    together: State = {
        **early,
        **refunded,
        **{key: one[key] + other[key] for key in ("n", "value", "discounted")},
        "last": max(one["last"], other["last"]),
        "ids": [*early["ids"], *late["ids"]][-MOST_IDS:],
        "days": dict(early["days"]),
        "order_days": early["order_days"] + late["order_days"] - len(late["days"]),
    }
    for day, (count, amount) in late["days"].items():
        _count_day(together, int(day), count, amount)
    return together


def view(state: State, now: int, asked: Collection[str]) -> dict[str, Any]:
    """The orders at a moment."""
    refunded = round(state.get("refunded", 0.0), 2)
    if "n" not in state:
        windows = dict.fromkeys(("last_30d", "last_90d", "last_365d"), 0)
        return {
            "count": 0,
            "value": -refunded if refunded else 0.0,
            "refunded": refunded,
            "spent": _spent(state),
            "discounted": 0,
            **windows,
        }
    today = now // DAY
    return {
        "count": state["n"],
        "value": round(state["value"] - refunded, 2),
        "average": round(state["value"] / state["n"], 2),
        "refunded": refunded,
        "spent": _spent(state),
        "discounted": state["discounted"],
        **{f"last_{days}d": _since(state["days"], today, days) for days in (30, 90, 365)},
        "first_at": as_time(state["first"]),
        "last_at": as_time(state["last"]),
        "days_since": days_between(state["last"], now),
    }


def _nothing(at: int) -> State:
    return {
        "n": 0,
        "value": 0.0,
        "discounted": 0,
        "first": at,
        "last": at,
        "first_day": at // DAY,
        "first_value": 0.0,
        "order_days": 0,
        "days": {},
        "ids": [],
    }


def _spend(state: State, properties: Mapping[str, Any], amount: float) -> None:
    """Add to what was spent in the currency that an event names; an amount without one is in the sums alone."""
    spent: dict[str, float] = state.setdefault("spent", {})
    currency = word(properties.get("currency")).upper()
    if _CURRENCY.fullmatch(currency) and (currency in spent or len(spent) < MOST_CURRENCIES):
        spent[currency] = spent.get(currency, 0.0) + amount


def _spent_by_both(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    currencies = sorted({*one, *other})[:MOST_CURRENCIES]
    return {currency: one.get(currency, 0.0) + other.get(currency, 0.0) for currency in currencies}


def _spent(state: State) -> dict[str, float]:
    """Orders less refunds by currency. What is in the sums and under none is money without a currency: `""`."""
    known: dict[str, float] = state.get("spent", {})
    rest = state.get("value", 0.0) - state.get("refunded", 0.0) - sum(known.values())
    spent = {**known, "": rest}
    return {currency: round(amount, 2) for currency, amount in spent.items() if round(amount, 2)}


def _count_day(state: State, day: int, count: int, amount: float) -> None:
    """`order_days` is how many different days there were, `first_value` what was spent on the first of them."""
    days: dict[str, list[float]] = state["days"]
    known = days.get(str(day))
    state["order_days"] += known is None
    if day < state["first_day"]:
        state["first_day"], state["first_value"] = day, 0.0
    if day == state["first_day"]:
        state["first_value"] += amount
    days[str(day)] = [count + (known or [0, 0.0])[0], amount + (known or [0, 0.0])[1]]
    if len(days) > MOST_DAYS:
        del days[min(days, key=int)]


def _since(days: Mapping[str, list[float]], today: int, most: int) -> int:
    return int(sum(count for day, (count, _) in days.items() if today - most < int(day) <= today))


def amount_of(properties: Mapping[str, Any]) -> float:
    """What was paid, under the names that Segment's specification and its users have for it."""
    named = (number(properties.get(name)) for name in ("total", "revenue", "value"))
    return max(0.0, next((amount for amount in named if amount is not None), 0.0))


def _is_discounted(properties: Mapping[str, Any]) -> bool:
    return (number(properties.get("discount")) or 0.0) > 0 or bool(word(properties.get("coupon")))
