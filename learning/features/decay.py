"""Sums that fade: what was added counts half after each half-life. Exact whatever the order of additions.

A faded sum is kept as `[weight, at]`, the weight it has at the newest moment that was added to it. Adding to an
earlier moment adds what is left of it by then, so late events change the result no otherwise than timely ones.
"""

Faded = list[float]
"""`[weight, at]`, as JSON has it. `at` is in seconds since 1970."""


def faded(weight: float, at: float, half_life: float) -> float:
    """What is left of a weight after `at` seconds."""
    return weight * 2.0 ** (-max(0.0, at) / half_life)


def add(old: Faded | None, weight: float, at: float, half_life: float) -> Faded:
    """A sum with `weight` added at a moment. `half_life` is in seconds."""
    if old is None:
        return [weight, at]
    newest = max(old[1], at)
    return [faded(old[0], newest - old[1], half_life) + faded(weight, newest - at, half_life), newest]


def merge(one: Faded | None, other: Faded | None, half_life: float) -> Faded | None:
    """The sum of two sums."""
    if one is None or other is None:
        return one or other
    return add(one, other[0], other[1], half_life)


def now_is(old: Faded | None, now: float, half_life: float) -> float:
    """What a sum has faded to at a moment."""
    return 0.0 if old is None else faded(old[0], now - old[1], half_life)
