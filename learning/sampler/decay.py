"""Forgetting: what is long ago counts less, by a share a day.

Forward decay (Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay, ICDE 2009): an observation is added with a
weight that grows with its time from a fixed landmark, and the sums are scaled down when they are read. So a sum
needs no clock, and workers' sums merge exactly whenever each was counted.
"""

import math
from datetime import UTC, datetime

from learning.sampler.statistics import Statistics

LANDMARK = datetime(2026, 1, 1, tzinfo=UTC)
_DAY = 86_400


def weight_of(at: datetime, daily: float) -> float:
    """The weight with which an observation of this instant is added, when a share `daily` is forgotten a day.

    At the two per cent that is the most a model may forget, it stays within the range of floats for a century.
    """
    return math.exp(_rate(daily) * (at - LANDMARK).total_seconds() / _DAY)


def seen_from(statistics: Statistics, now: datetime, daily: float) -> Statistics:
    """Sums that were added with these weights, as they count now: an observation of this instant counts 1."""
    return statistics.times(1 / weight_of(now, daily))


def _rate(daily: float) -> float:
    return -math.log1p(-daily)
