"""Before the start: how many customers an experiment needs, and so how long it takes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from learning.distributions import shifted_t_cdf, t_quantile

_WEEK = 7


@dataclass(frozen=True)
class Plan:
    """What an experiment needs."""

    effect: float
    """The smallest difference of means that shall be found, in the metric's unit."""
    customers: int
    """In all arms together."""
    by_arm: tuple[int, ...]
    days: int
    """Whole weeks, so that every weekday counts alike."""


def customers_needed(
    effect: float, variance: float, weights: Sequence[float] = (1, 1), power: float = 0.8, alpha: float = 0.05
) -> int:
    """How many customers in all arms together find a difference with this power, in a two-sided t test.

    `variance` is that of the metric for one customer, after CUPED: (1 - ρ²) of the raw one, ρ being the
    correlation with the time before. `weights` are the arms' shares, the control first; the smallest treatment
    decides. With several treatments `alpha` is divided among them (Bonferroni).

    Raises ValueError for an effect of nothing, or shares and levels out of range.
    """
    if effect == 0:
        raise ValueError("an effect of 0 cannot be found by any number of customers")
    if len(weights) < 2 or min(weights) <= 0:
        raise ValueError("an experiment has a control and at least one treatment, each with a weight above 0")
    if not (0 < alpha < 1 and alpha < power < 1 and variance > 0):
        raise ValueError("the power lies between alpha and 1, alpha between 0 and 1, and the variance above 0")
    level, shares = alpha / (len(weights) - 1), [weight / sum(weights) for weight in weights]
    pair = shares[0], min(shares[1:])
    low, high = 2, 4
    while _power(high, effect, variance, pair, level) < power:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _power(middle, effect, variance, pair, level) >= power else (middle, high)
    return high


def smallest_effect(
    customers: int, variance: float, weights: Sequence[float] = (1, 1), power: float = 0.8, alpha: float = 0.05
) -> float:
    """The difference that so many customers find with this power. Raises ValueError as `customers_needed`."""
    low, high = 0.0, math.sqrt(variance)
    while customers_needed(high, variance, weights, power, alpha) > customers:
        low, high = high, high * 2
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        enough = customers_needed(middle, variance, weights, power, alpha) <= customers
        low, high = (low, middle) if enough else (middle, high)
    return high


def plan(
    effect: float,
    variance: float,
    daily: float,
    weights: Sequence[float] = (1, 1),
    window_days: int = 0,
    power: float = 0.8,
    alpha: float = 0.05,
) -> Plan:
    """Customers and days for an effect, when `daily` customers enter a day and an outcome is awaited for a window.

    Raises ValueError as `customers_needed`, or when nobody enters.
    """
    if daily <= 0:
        raise ValueError("nobody enters this journey; there is no end to such an experiment")
    needed = customers_needed(effect, variance, weights, power, alpha)
    weeks = math.ceil(needed / daily / _WEEK)
    by_arm = tuple(math.ceil(needed * weight / sum(weights)) for weight in weights)
    return Plan(effect, sum(by_arm), by_arm, weeks * _WEEK + window_days)


def _power(customers: int, effect: float, variance: float, pair: tuple[float, float], alpha: float) -> float:
    """Of a two-sided t test between arms with these shares of the customers: by the noncentral t."""
    count_a, count_b = customers * pair[0], customers * pair[1]
    freedom = count_a + count_b - 2
    if freedom <= 0:
        return 0.0
    shift = abs(effect) / math.sqrt(variance / count_a + variance / count_b)
    limit = t_quantile(1 - alpha / 2, freedom)
    return 1 - shifted_t_cdf(limit, freedom, shift) + shifted_t_cdf(-limit, freedom, shift)
