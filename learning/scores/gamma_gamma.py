"""The Gamma-Gamma model of how much customers spend at a time.

P. S. Fader, B. G. S. Hardie: The Gamma-Gamma Model of Monetary Value (2013), brucehardie.com/notes/025. What a
customer pays is gamma distributed about a mean of their own, and the means differ between customers: p, q and v.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from learning.scores.interface import Parameters, Subject, orders_of

CDNOW: Parameters = {"p": 6.25, "q": 3.74, "v": 15.45}
"""The note's fit to the customers of CDNOW, in dollars: what is assumed before our own customers are known."""
_NAMES = tuple(CDNOW)


@dataclass(frozen=True, slots=True)
class Spending:
    """How often a customer bought after the first time, and what they spent at a time on the mean."""

    repeats: int
    mean: float


def spending_of(subject: Subject) -> Spending | None:
    """What a customer's repeat purchases cost; the first one is left out, as in the note. None for who never
    bought."""
    orders = orders_of(subject)
    if orders is None:
        return None
    repeats = orders["order_days"] - 1
    rest = max(0.0, orders["value"] - orders["first_value"])
    return Spending(repeats, rest / repeats if repeats else 0.0)


def expected_mean(given: Spending, p: Parameters) -> float:
    """What a customer will spend at a time (equation 5): between their own mean and everyone's."""
    paid = given.repeats * given.mean
    return p["p"] * (p["v"] + paid) / (p["p"] * given.repeats + p["q"] - 1.0)


def own_weight(given: Spending, p: Parameters) -> float:
    """The weight that a customer's own mean has in `expected_mean`, from 0 to 1."""
    return p["p"] * given.repeats / (p["p"] * given.repeats + p["q"] - 1.0)


def fit(customers: Sequence[Spending]) -> Parameters | None:
    """The parameters that make what the customers spent most likely; None when they tell too little."""
    import numpy
    from scipy import optimize, special

    paid = numpy.array([(c.repeats, c.mean) for c in customers if c.repeats > 0 and c.mean > 0], dtype=float)
    if len(paid) < 2:
        return None
    x, m = paid.T
    # The parameters p and q have no unit and v has that of money, so that amounts can be any currency's.
    unit = float(m.mean()) / 35.0
    ln: Any = special.gammaln

    def unlike(logs: Any) -> float:
        p, q, v = numpy.exp(numpy.clip(logs, -20, 20)) * (1.0, 1.0, unit)
        like = ln(p * x + q) - ln(p * x) - ln(q) + q * numpy.log(v) + p * x * numpy.log(x)
        like += (p * x - 1) * numpy.log(m) - (p * x + q) * numpy.log(x * m + v)
        return -float(like.mean())

    start = [math.log(CDNOW[name]) for name in _NAMES]
    options = {"maxiter": 5000, "xatol": 1e-7, "fatol": 1e-9}
    found = cast(Any, optimize).minimize(unlike, start, method="Nelder-Mead", options=options)
    p, q, v = (math.exp(value) for value in found.x)
    # Below q = 1 the model has no mean.
    return {"p": p, "q": q, "v": v * unit} if found.success and q > 1.01 and p < 1e4 else None
