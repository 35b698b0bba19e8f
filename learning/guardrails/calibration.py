"""Calibration: whether what is said to be likely happens as often as it is said, and when more autonomy is
earned."""

import math
from collections.abc import Sequence
from statistics import mean, stdev

from journeys.guardrails import Calibration, Forecasts
from learning.distributions import normal_quantile
from learning.experiments.comparing import Interval
from learning.guardrails.level import Level, Reading
from learning.guardrails.log import Logged

_EARNED = 0.95


def judge_calibration(rows: Sequence[Logged], rule: Calibration) -> Reading | None:
    """Judge whether options were chosen as often as the log says they were likely; None with too few decisions.

    All that is proved from the log rests on these odds: experiments by weighting, other planners, the lessons.
    """
    chosen = [row for row in rows if len(row.probabilities) > 1]
    if len(chosen) < rule.at_least:
        return None
    odds = [(odds, option == row.option) for row in chosen for option, odds in row.probabilities.items()]
    predicted, happened = [each for each, _ in odds], [each for _, each in odds]
    error = calibration_error(predicted, happened)
    level = Level.ACT if error >= rule.act else Level.WARN if error >= rule.warn else Level.CALM
    score = brier(predicted, happened)
    why = f"the odds of {len(chosen)} choices are {error:.1%} off, with a Brier score of {score:.3f}"
    return Reading(level, round(error, 4), rule.act, why).capped(rule.then)


def judge_forecasts(rows: Sequence[Logged], rule: Forecasts) -> Reading | None:
    """Judge whether as much came of decisions as was expected of them; None with too few that are settled.

    What counts is how far off the forecasts surely are. A planner that expects too little harms nobody, so that
    this only warns.
    """
    told = [row for row in rows if row.settled and row.expected is not None]
    bias = forecast_bias(told) if len(told) >= rule.at_least else None
    if bias is None:
        return None
    off = max(bias.low, -bias.high, 0.0)
    level = Level.ACT if off >= rule.act else Level.WARN if off >= rule.warn else Level.CALM
    side = "less" if bias.estimate < 0 else "more"
    why = (
        f"of {len(told)} decisions came {abs(bias.estimate):.2f} standard deviations {side} than was expected, "
        f"{off:.2f} beyond chance"
    )
    return Reading(level, round(off, 4), rule.act, why).capped("warn" if bias.low > 0 else rule.then)


def forecast_bias(rows: Sequence[Logged], confidence: float = 0.99) -> Interval | None:
    """By how much more came of decisions than was expected of them, in standard deviations of what came; None
    where fewer than two are settled, or all came to the same.

    The odds say what is chosen how often; this says whether what they were made from is true.
    """
    pairs = [(row.expected, row.credit) for row in rows if row.settled]
    told = [(expected, came) for expected, came in pairs if expected is not None and came is not None]
    spread = stdev(came for _, came in told) if len(told) > 1 else 0.0
    if spread == 0:
        return None
    beyond = [(came - expected) / spread for expected, came in told]
    reach = normal_quantile((1 + confidence) / 2) * stdev(beyond) / math.sqrt(len(beyond))
    return Interval(mean(beyond), mean(beyond) - reach, mean(beyond) + reach)


def brier(predicted: Sequence[float], happened: Sequence[bool]) -> float:
    """The mean squared error of probabilities: 0 is perfect (Brier, Monthly Weather Review 1950).

    Raises ValueError without any.
    """
    _same(predicted, happened)
    return sum((p - h) ** 2 for p, h in zip(predicted, happened, strict=True)) / len(predicted)


def calibration_error(predicted: Sequence[float], happened: Sequence[bool], bins: int = 10) -> float:
    """The expected calibration error: by how much the mean prediction and the rate differ in bins of equal width,
    weighted by their number (Naeini, Cooper, Hauskrecht, AAAI 2015). Raises ValueError without any."""
    _same(predicted, happened)
    gaps = [0.0] * bins
    for p, h in zip(predicted, happened, strict=True):
        gaps[min(int(p * bins), bins - 1)] += p - h
    return sum(abs(gap) for gap in gaps) / len(predicted)


def wilson(happened: int, of: int, confidence: float = 0.95) -> Interval:
    """A rate with Wilson's score interval (JASA 1927); from 0 to 1 where nothing was seen."""
    if of == 0:
        return Interval(0.0, 0.0, 1.0)
    z, rate = normal_quantile((1 + confidence) / 2), happened / of
    centre = (rate + z * z / (2 * of)) / (1 + z * z / of)
    reach = z / (1 + z * z / of) * math.sqrt(rate * (1 - rate) / of + z * z / (4 * of * of))
    return Interval(rate, max(0.0, centre - reach), min(1.0, centre + reach))


def autonomy_earned(approved_unchanged: int, of: int, confidence: float = 0.95) -> bool:
    """Whether a higher autonomy tier may be proposed: approvers agree in more than 95 % beyond doubt."""
    return wilson(approved_unchanged, of, confidence).low > _EARNED


def _same(predicted: Sequence[float], happened: Sequence[bool]) -> None:
    if not predicted or len(predicted) != len(happened):
        raise ValueError("every prediction needs an outcome, and there must be one at the least")
