"""How likely each option is to have the highest score, when the scores are independent normals.

P(a is best) is the integral over t of a's density at t times the chance that every other score is below t: one
dimension, however many options. Draws would give zero to options that are chosen now and then; the integral
does not.
"""

import numpy as np

from learning.distributions import Array, normal_cdf

_REACH = 6.0
"""How many standard deviations of each score are looked at; beyond it lies 1e-9."""
_FINEST = 4_000
_COARSEST = 48
_STEP = 0.5
"""Steps per standard deviation of the narrowest score: the trapezoid rule then errs by less than 1e-8."""


def probabilities_of_best(means: Array, deviations: Array) -> Array:
    """The probability of each score to be the highest; they add up to one.

    Exact to 1e-7 while the widest score is at most some hundred times as wide as the narrowest of those that
    can win. Equal scores without any width share the win.
    """
    reaches = deviations * _REACH
    tops = means + reaches
    low, high = float((means - reaches).max()), float(tops.max())
    if high <= low:
        best = (means == means.max()).astype(np.float64)
        return best / best.sum()
    if tops.min() <= low:
        able = tops > low
        result = np.zeros_like(means)
        result[able] = probabilities_of_best(means[able], deviations[able])
        return result
    narrowest = max(float(deviations.min()), (high - low) * _STEP**-1 / _FINEST)
    points = int(min(max((high - low) / (narrowest * _STEP), _COARSEST), _FINEST)) + 1
    grid = low + np.arange(points) * ((high - low) / (points - 1))
    widths = np.maximum(deviations, narrowest)
    standard = (grid - means[:, None]) / widths[:, None]
    below = normal_cdf(standard)
    # From `low` on, no score is below with less than 1e-9, so that the others' product may be had by division.
    standard *= standard
    standard *= -0.5
    density = np.exp(standard, out=standard)
    density /= below
    wins = density @ np.multiply.reduce(below, axis=0) / widths
    return wins / wins.sum()


def with_floor(probabilities: Array, floor: float) -> Array:
    """The same odds, with a share `floor` spread evenly over all options: none is never tried."""
    return (1 - floor) * probabilities + floor / probabilities.size
