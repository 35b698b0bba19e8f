"""The BG/NBD model of when customers buy and when they are gone for good.

P. S. Fader, B. G. S. Hardie, K. L. Lee: "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD
Model, Marketing Science 24 (2005). A customer who is alive buys at random at a rate that differs between customers
as a gamma distribution (r, alpha); after each purchase they are gone with a chance that differs as a beta
distribution (a, b). Times are in weeks.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from learning.features.observed import DAY
from learning.scores.interface import Parameters, Subject, orders_of

CDNOW: Parameters = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
"""The paper's fit to the customers of CDNOW, a music shop: what is assumed before our own customers are known."""
_NAMES = tuple(CDNOW)


@dataclass(frozen=True, slots=True)
class Purchases:
    """A customer's purchases: `repeats` after the first, when the last of them was, and how long ago the first
    was; `recency` and `age` in weeks since the first. Several orders on one day are one purchase."""

    repeats: int
    recency: float
    age: float


def purchases_of(subject: Subject) -> Purchases | None:
    """A customer's purchases, to the day; None for who never bought."""
    orders = orders_of(subject)
    if orders is None:
        return None
    first = orders["first_day"]
    last, today = orders["last"] // DAY, max(subject.now, orders["last"]) // DAY
    return Purchases(orders["order_days"] - 1, (last - first) / 7, (today - first) / 7)


def alive(given: Purchases, p: Parameters) -> float:
    """The probability that a customer is not gone (Fader and Hardie, Computing P(alive) Using the BG/NBD Model).
    Who bought once is alive for sure in this model: nobody leaves before their first repeat purchase."""
    x = given.repeats
    if x == 0:
        return 1.0
    gone = p["a"] / (p["b"] + x - 1)
    quiet = (p["r"] + x) * math.log((p["alpha"] + given.age) / (p["alpha"] + given.recency))
    # Beyond e^700 there is no float: who bought for years, every day, and then went quiet is gone either way.
    return 1.0 / (1.0 + gone * math.exp(min(quiet, 700.0)))


def at_least_one(given: Purchases, p: Parameters, weeks: float) -> float:
    """The probability of a purchase in the weeks to come: that the customer is alive, and their rate, which is
    gamma (r + x, alpha + T) then, does not let so long pass without one."""
    silent = ((p["alpha"] + given.age) / (p["alpha"] + given.age + weeks)) ** (p["r"] + given.repeats)
    return alive(given, p) * (1.0 - silent)


def expected(given: Purchases, p: Parameters, weeks: float) -> float:
    """How many purchases to expect in the weeks to come (equation 10 of the paper)."""
    r, a, b = p["r"], p["a"], p["b"]
    x, end = given.repeats, p["alpha"] + given.age + weeks
    z = weeks / end
    # 2F1(r+x, b+x; a+b+x-1; z) after Euler's transformation, with which the factor before it becomes (1-z)^(a-1).
    left = (1.0 - z) ** (a - 1.0) * _hypergeometric(a + b - 1.0 - r, a - 1.0, a + b + x - 1.0, z)
    lifetime = (a + b + x - 1.0) / (a - 1.0) * (1.0 - left)
    return lifetime * alive(given, p)


def _hypergeometric(a: float, b: float, c: float, z: float) -> float:
    """Gauss's 2F1 by its series, for 0 <= z < 1 where it converges at z = 1 as well."""
    term = total = 1.0
    for n in range(2000):
        term *= (a + n) * (b + n) / ((c + n) * (1.0 + n)) * z
        total += term
        if abs(term) < 1e-12 * abs(total):
            break
    return total


def fit(customers: Sequence[Purchases]) -> Parameters | None:
    """The parameters that make what the customers did most likely; None when they tell too little."""
    import numpy
    from scipy import optimize

    given: Any = numpy.array([(c.repeats, c.recency, c.age) for c in customers if c.age > 0], dtype=float)
    if len(given) == 0 or not given[:, 0].any():
        return None
    unlike = _unlikelihood(*numpy.unique(given, axis=0, return_counts=True))
    start = [math.log(CDNOW[name]) for name in _NAMES]
    options = {"maxiter": 5000, "xatol": 1e-7, "fatol": 1e-7}
    found = cast(Any, optimize).minimize(unlike, start, method="Nelder-Mead", options=options)
    # a near 1 has no expected value in closed form, and nobody's data tell 1 from a hair beside it.
    fitted = {name: math.exp(value) for name, value in zip(_NAMES, found.x, strict=True)}
    sane = found.success and all(1e-4 < value < 1e4 for value in fitted.values())
    return {**fitted, "a": fitted["a"] + 1e-6 * (abs(fitted["a"] - 1.0) < 1e-6)} if sane else None


def _unlikelihood(groups: Any, counts: Any) -> Callable[[Any], float]:
    """The mean negative log-likelihood of customers (section 4.1 of the paper), by the parameters' logarithms.
    Customers who did the same are one row of `groups`, with how many they are."""
    import numpy
    from scipy import special

    x, t_x, t = groups.T
    ln: Any = special.gammaln

    def unlike(logs: Any) -> float:
        r, alpha, a, b = cast(Any, numpy).exp(numpy.clip(logs, -20, 20))
        shared = ln(r + x) - ln(r) + r * numpy.log(alpha)
        shared += ln(a + b) + ln(b + x) - ln(b) - ln(a + b + x)
        stayed = -(r + x) * numpy.log(alpha + t)
        left = numpy.log(a) - numpy.log(b + numpy.maximum(x, 1) - 1) - (r + x) * numpy.log(alpha + t_x)
        either: Any = cast(Any, numpy).where(x > 0, numpy.logaddexp(stayed, left), stayed)
        return -float(cast(Any, numpy).average(shared + either, weights=counts))

    return unlike
