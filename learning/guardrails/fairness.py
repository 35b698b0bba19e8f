"""Offer fairness: whether some segment gets offers much less or more often than all others."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from learning.distributions import normal_quantile, normal_tail
from learning.experiments.comparing import Interval
from learning.experiments.segments import holm
from learning.guardrails.level import Level

_LOW, _HIGH = 0.8, 1.25
"""The four-fifths rule of the US Uniform Guidelines on Employee Selection Procedures (29 CFR 1607.4 D), both
ways."""


@dataclass(frozen=True)
class Fairness:
    """One segment's offer rate beside that of all other customers."""

    segment: str
    ratio: Interval
    p_value: float
    """Corrected for the number of segments (Holm)."""
    level: Level


def fairness(
    offers: Mapping[str, tuple[int, int]], alpha: float = 0.05, confidence: float = 0.95
) -> list[Fairness]:
    """Judge every segment, given how many of its customers got an offer and how many it has.

    A segment is warned of when its ratio lies outside 0.8 to 1.25 and differs from 1 beyond chance.
    """
    totals = sum(got for got, _ in offers.values()), sum(of for _, of in offers.values())
    told = {
        name: risk_ratio((got, of), (totals[0] - got, totals[1] - of), confidence)
        for name, (got, of) in offers.items()
        if 0 < of < totals[1] and totals[0] > 0
    }
    corrected = holm([p_value for _, p_value in told.values()])
    return [
        Fairness(name, ratio, p_value, _level(ratio, p_value <= alpha))
        for (name, (ratio, _)), p_value in zip(told.items(), corrected, strict=True)
    ]


def risk_ratio(ours: tuple[int, int], others: tuple[int, int], confidence: float = 0.95) -> tuple[Interval, float]:
    """The ratio of two rates with its interval and two-sided p value, by its logarithm (Katz, Baptista, Azen,
    Pike: Obtaining Confidence Intervals for the Risk Ratio, Biometrics 1978). Half an event is added where one
    has none."""
    extra = 0.5 if 0 in (ours[0], others[0]) else 0.0
    a, m, b, n = ours[0] + extra, ours[1] + extra, others[0] + extra, others[1] + extra
    ratio = (a / m) / (b / n)
    error = math.sqrt(max(1 / a - 1 / m + 1 / b - 1 / n, 0.0))
    if error == 0:
        return Interval(ratio, ratio, ratio), float(ratio == 1)
    reach = math.exp(normal_quantile((1 + confidence) / 2) * error)
    return Interval(ratio, ratio / reach, ratio * reach), 2 * normal_tail(abs(math.log(ratio)) / error)


def _level(ratio: Interval, certain: bool) -> Level:
    outside = not _LOW <= ratio.estimate <= _HIGH
    return Level.WARN if outside and certain and not ratio.low <= 1 <= ratio.high else Level.CALM
