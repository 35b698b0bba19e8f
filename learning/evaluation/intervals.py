"""How sure an estimate is, by the bootstrap: the same estimate from the log's customers drawn anew."""

import numpy as np

from learning.distributions import Array
from learning.evaluation.estimators import Terms
from learning.experiments.comparing import Interval

_AT_ONCE = 2_000_000


def bootstrap(
    terms: Terms, units: Array | None = None, draws: int = 1_000, confidence: float = 0.95, seed: int = 0
) -> Interval:
    """The percentile interval of an estimate. Whole customers are drawn where `units` says whose decisions they
    are.

    The same terms and seed give the same interval. Raises ValueError for an empty log.
    """
    if not len(terms.above):
        raise ValueError("there is nothing in this log to draw from")
    above, below = terms.above, terms.below
    if units is not None:
        places = units.astype(np.intp)
        above, below = np.bincount(places, above), np.bincount(places, below)
    draw, count, found = np.random.default_rng(seed), len(above), list[float]()
    while len(found) < draws:
        size = min(draws - len(found), max(1, _AT_ONCE // count))
        picked = draw.integers(0, count, (size, count))
        sums = below[picked].sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found += (above[picked].sum(axis=1) / sums)[sums != 0].tolist() or [float("nan")]
    low, high = np.quantile(found[:draws], [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(terms.estimate, float(low), float(high))
