"""An event as features see it, and how they read what it carries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

State = dict[str, Any]
"""A part of a customer's document: plain JSON, changed in place by the part that owns it."""

HOUR, DAY = 3600, 86_400
"""Seconds."""
_MOST_PRODUCTS = 50
_LONGEST_WORD = 100


@dataclass(frozen=True, slots=True)
class Visit:
    """Where on a site or in an app an event happened. `page` is a path without its query, or a screen's name;
    `referrer` is the host that led there, empty where it is the site itself or unknown."""

    page: str
    referrer: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """One event. `at` is when it happened, in seconds since 1970; `visit` is None when no page was looked at."""

    name: str
    at: int
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A product of an event, of an order or of a cart. `quantity` is None where the event does not say it."""

    product: str
    category: str
    price: float
    quantity: int | None


def lines(properties: Mapping[str, Any]) -> Iterator[Line]:
    """The products that an event is about: those in its list `products`, else the one it names itself."""
    listed = properties.get("products")
    items = cast(list[object], listed)[:_MOST_PRODUCTS] if isinstance(listed, list) else [properties]
    for item in items:
        if not isinstance(item, Mapping):
            continue
        found = cast(Mapping[str, Any], item)
        if product := word(found.get("product_id")) or word(found.get("sku")):
            amount = number(found.get("quantity"))
            quantity = None if amount is None else max(0, round(amount))
            yield Line(product, word(found.get("category")), number(found.get("price")) or 0.0, quantity)


def number(value: object) -> float | None:
    """A finite number, or the text of one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < 1e12 else None


def word(value: object) -> str:
    """A short text, or a number as text; empty for anything else and for what is too long to be an id."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    return text if len(text) <= _LONGEST_WORD else ""


def as_time(seconds: int) -> str:
    """A moment as conditions see it: text in ISO 8601, in UTC, as times in events are."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def days_between(earlier: int, later: int) -> float:
    """Days from one moment to another, with their fraction; never below zero."""
    return max(0, later - earlier) / DAY


def newest(items: Mapping[str, Any], most: int, age: str = "at") -> State:
    """The `most` items that were touched last. Of two touched at once the one first by name stays."""
    if len(items) <= most:
        return dict(items)
    kept = sorted(items, key=lambda name: (-items[name][age], name))[:most]
    return {name: items[name] for name in kept}
