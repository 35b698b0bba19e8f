"""Offer fairness: whether some segment gets offers much less or more often than all others.

The usual bounds are the four-fifths rule of the US Uniform Guidelines on Employee Selection Procedures (29 CFR
1607.4 D), both ways.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeys import guardrails
from learning.distributions import normal_quantile, normal_tail
from learning.experiments.comparing import Interval
from learning.guardrails.level import Level, Reading


@dataclass(frozen=True)
class Fairness:
    """One segment's offer rate beside that of all other customers."""

    segment: str
    ratio: Interval
    p_value: float
    """Corrected for the number of segments (Holm)."""
    level: Level


def judge_fairness(offers: Mapping[str, tuple[int, int]], rule: guardrails.Fairness) -> Reading | None:
    """What is to be told of all segments: that of the one farthest from its like; None where none can be compared.

    It is never a reason to roll back.
    """
    told = fairness(offers, rule)
    if not told:
        return None
    found = max(told, key=lambda each: (each.level, abs(math.log(each.ratio.estimate or 1e-9))))
    ratio = found.ratio.estimate
    bounds = f"{found.ratio.low:.2f} to {found.ratio.high:.2f} at 95 %"
    fair = f"{rule.low:g} to {rule.high:g} is fair"
    why = f"'{found.segment}' gets {ratio:.2f} times the offers of others ({bounds}); {fair}"
    return Reading(found.level, round(ratio, 4), rule.low if ratio < 1 else rule.high, why)


def fairness(
    offers: Mapping[str, tuple[int, int]],
    rule: guardrails.Fairness,
    alpha: float = 0.05,
    confidence: float = 0.95,
) -> list[Fairness]:
    """Judge every segment, given how many of its customers got an offer and how many it has.

    A segment is warned of when its ratio lies outside what is fair and differs from 1 beyond chance.
    """
    totals = sum(got for got, _ in offers.values()), sum(of for _, of in offers.values())
    told = {
        name: risk_ratio((got, of), (totals[0] - got, totals[1] - of), confidence)
        for name, (got, of) in offers.items()
        if 0 < of < totals[1] and totals[0] > 0
    }
    corrected = holm([p_value for _, p_value in told.values()])
    return [
        Fairness(name, ratio, p_value, _level(ratio, rule, p_value <= alpha))
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


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected for their number, in the same order (Holm: A Simple Sequentially Rejective Multiple Test
    Procedure, Scandinavian Journal of Statistics 1979)."""
    corrected, so_far = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        so_far = max(so_far, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = so_far
    return corrected


def _level(ratio: Interval, rule: guardrails.Fairness, certain: bool) -> Level:
    outside = not rule.low <= ratio.estimate <= rule.high
    return Level.WARN if outside and certain and not ratio.low <= 1 <= ratio.high else Level.CALM
