"""Drift: whether customers, features or scores still look as they did when the model learned. The population
stability index (Siddiqi: Credit Risk Scorecards, 2006)."""

import math
from collections.abc import Sequence

import numpy as np

from learning.guardrails.level import Level

_WARN, _ACT = 0.1, 0.25
_HALF = 0.5


def stability(expected: Sequence[float], actual: Sequence[float]) -> float:
    """The index of two counts over the same bins: Σ (a - e) ln(a / e) of their shares.

    Half a count is added to every bin, so that an empty one is finite. Raises ValueError when the bins differ
    or one of the sides is empty.
    """
    if len(expected) != len(actual) or sum(expected) <= 0 or sum(actual) <= 0:
        raise ValueError("both sides need the same bins, and something in them")
    before = [count + _HALF for count in expected]
    after = [count + _HALF for count in actual]
    shares = zip((b / sum(before) for b in before), (a / sum(after) for a in after), strict=True)
    return sum((a - b) * math.log(a / b) for b, a in shares)


def binned(before: Sequence[float], after: Sequence[float], bins: int = 10) -> tuple[list[float], list[float]]:
    """The counts of numbers over bins that hold about as many of the earlier ones each."""
    edges = np.unique(np.quantile(before, np.linspace(0, 1, bins + 1)[1:-1]))
    places = [np.searchsorted(edges, side, side="right") for side in (before, after)]
    counts = [np.bincount(place, minlength=len(edges) + 1).astype(float).tolist() for place in places]
    return counts[0], counts[1]


def drift(index: float) -> Level:
    """Warn from 0.1, act from 0.25."""
    return Level.ACT if index >= _ACT else Level.WARN if index >= _WARN else Level.CALM
