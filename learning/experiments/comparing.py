"""What is said at the planned end: the difference between two arms, with CUPED and Welch's test.

CUPED takes out of the metric what was known before: y - θ(x - x̄), θ = cov(x, y) / var(x) over both arms (Deng,
Xu, Kohavi, Walker: Improving the Sensitivity of Online Controlled Experiments, WSDM 2013). Welch: two means
with unequal variances, degrees of freedom by Satterthwaite. The interval of the relative lift is that of the
ratio's logarithm.
"""

import math
from dataclasses import dataclass

from learning.distributions import t_quantile, t_tail
from learning.experiments.samples import Sample


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds that hold the truth with the stated confidence."""

    estimate: float
    low: float
    high: float

    def times(self, factor: float) -> "Interval":
        """In another unit; the factor is not negative."""
        return Interval(self.estimate * factor, self.low * factor, self.high * factor)

    @property
    def excludes_zero(self) -> bool:
        """Whether the direction is certain at this confidence."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Mean:
    """The mean of an arm, perhaps adjusted, with its standard error."""

    customers: int
    value: float
    error: float


@dataclass(frozen=True)
class Comparison:
    """How a treatment differs from the control."""

    control: Mean
    treatment: Mean
    difference: Interval
    lift: Interval | None
    """Relative to the control; None when one of the means is not positive, and there is no ratio."""
    p_value: float
    """Two-sided: how often at least such a difference shows where there is none."""
    adjusted: bool
    """Whether CUPED was applied."""


def compare(control: Sample, treatment: Sample, confidence: float = 0.95) -> Comparison:
    """Compare two arms. Raises TooFew with fewer than two customers in one of them."""
    slope = _slope(control + treatment)
    centre = (control + treatment).before_mean
    a, b = _mean(control, slope, centre), _mean(treatment, slope, centre)
    error, freedom = _welch(a.error, a.customers, b.error, b.customers)
    gap = b.value - a.value
    reach = t_quantile((1 + confidence) / 2, freedom) * error if error else 0.0
    p_value = 2 * t_tail(abs(gap) / error, freedom) if error else float(gap == 0)
    return Comparison(
        a, b, Interval(gap, gap - reach, gap + reach), _lift(a, b, confidence), p_value, adjusted=slope != 0
    )


def _slope(both: Sample) -> float:
    variance = both.before_variance
    return both.covariance / variance if variance > 0 else 0.0


def _mean(arm: Sample, slope: float, centre: float) -> Mean:
    variance = arm.variance - 2 * slope * arm.covariance + slope**2 * arm.before_variance
    return Mean(
        arm.customers,
        arm.mean - slope * (arm.before_mean - centre),
        math.sqrt(max(variance, 0.0) / arm.customers),
    )


def _welch(error_a: float, count_a: int, error_b: float, count_b: int) -> tuple[float, float]:
    """The standard error of the difference, and its degrees of freedom."""
    a, b = error_a**2, error_b**2
    if a + b == 0:
        return 0.0, float(count_a + count_b - 2)
    return math.sqrt(a + b), (a + b) ** 2 / (a**2 / (count_a - 1) + b**2 / (count_b - 1))


_UNBOUNDED = 700
"""The exponential of more is no float: a mean this near to nothing bounds no ratio."""


def _lift(a: Mean, b: Mean, confidence: float) -> Interval | None:
    if a.value <= 0 or b.value <= 0:
        return None
    error, freedom = _welch(a.error / a.value, a.customers, b.error / b.value, b.customers)
    exponent = t_quantile((1 + confidence) / 2, freedom) * error if error else 0.0
    reach = math.exp(exponent) if exponent < _UNBOUNDED else math.inf
    ratio = b.value / a.value
    return Interval(ratio - 1, ratio / reach - 1, ratio * reach - 1)
