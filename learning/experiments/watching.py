"""What may be said while an experiment runs: intervals that hold at every look, however often one looks.

Asymptotic confidence sequences (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas: Time-uniform central limit theory
and asymptotic confidence sequences, Annals of Statistics 2024, arXiv:2103.06476).
"""

import math

from learning.experiments.comparing import Comparison, Interval


def so_far(comparison: Comparison, planned: int, confidence: float = 0.95) -> Interval:
    """The difference with bounds that hold at every look (equation 9), narrowest at `planned` customers in all."""
    return at_any_time(comparison.difference.estimate, _error(comparison), _count(comparison), planned, confidence)


def lift_so_far(comparison: Comparison, planned: int, confidence: float = 0.95) -> Interval | None:
    """The same for the lift relative to the control, by the delta method; None where there is no lift."""
    a, b = comparison.control, comparison.treatment
    if comparison.lift is None:
        return None
    error = math.hypot(b.error / a.value, a.error * b.value / a.value**2)
    return at_any_time(comparison.lift.estimate, error, _count(comparison), planned, confidence)


def worse_than(comparison: Comparison, margin: float, planned: int, confidence: float = 0.95) -> Interval:
    """Treatment minus (1 + margin) control, bounded from below only, at every look: for metrics that must not
    rise.

    A lower bound above 0 says that the treatment is worse by more than the margin, and that it is no accident of
    looking often. One-sided by proposition 3.1 of the same paper.
    """
    a, b = comparison.control, comparison.treatment
    estimate = b.value - (1 + margin) * a.value
    count = _count(comparison)
    error = math.hypot(b.error, (1 + margin) * a.error)
    spread = count * _tuning(planned, 2 * (1 - confidence)) + 1
    reach = error * math.sqrt(2 * spread / (spread - 1) * math.log1p(math.sqrt(spread) / (2 * (1 - confidence))))
    return Interval(estimate, estimate - reach, math.inf)


def at_any_time(estimate: float, error: float, customers: int, planned: int, confidence: float) -> Interval:
    """An estimate with this standard error over so many customers, bounded at every look."""
    alpha = 1 - confidence
    spread = customers * _tuning(planned, alpha) + 1
    reach = error * math.sqrt(2 * spread / (spread - 1) * math.log(math.sqrt(spread) / alpha))
    return Interval(estimate, estimate - reach, estimate + reach)


def _error(comparison: Comparison) -> float:
    return math.hypot(comparison.control.error, comparison.treatment.error)


def _count(comparison: Comparison) -> int:
    return comparison.control.customers + comparison.treatment.customers


def _tuning(planned: int, alpha: float) -> float:
    """ρ² that makes the interval narrowest at `planned` observations (the paper's appendix on choosing ρ)."""
    return (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / planned
