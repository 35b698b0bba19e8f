"""How likely a customer is to buy in the next 28 days: a logistic regression over activity that fades.

Twelve sums (any act, looks, carts, orders, each over 14, 60 and 180 days) as logarithms, and an open cart. The fit
is held towards the coefficients before it, so that a few customers do not overturn them.
"""

import math
from collections.abc import Sequence

from learning.features import activity, carts
from learning.scores.interface import HORIZON_DAYS, Example, Model, Parameters, Score, Subject, own_share

PRIOR: Parameters = {
    "base": -3.0,
    "open_cart": 1.0,
    **{f"{kind}_{days}d": 0.0 for kind in activity.KINDS for days in (14, 60, 180)},
    "view_14d": 0.3,
    "cart_14d": 0.4,
    "order_60d": 0.3,
    "order_180d": 0.4,
}
"""Before any fit: one in twenty of those who do nothing buys; looks, carts and earlier orders speak for it."""
_NAMES = tuple(PRIOR)
_HOLD = 4.0
"""How strongly a coefficient is held: the precision of the normal distribution about its value before."""
_PRIOR_ACTS = 10.0


def inputs(subject: Subject) -> dict[str, float]:
    """What the regression sees of a customer, by the names of its coefficients."""
    sums = activity.view(subject.features.get("activity", {}), subject.now, ())
    cart = carts.view(subject.features.get("cart", {}), subject.now, ())
    return {
        "base": 1.0,
        "open_cart": float(cart["open"] and cart["hours_since"] <= 24 * HORIZON_DAYS),
        **{name: math.log1p(value) for name, value in sums.items()},
    }


def score(subject: Subject, parameters: Parameters) -> Score | None:
    """Of who did anything yet."""
    seen = inputs(subject)
    acts = math.expm1(seen["any_180d"])
    if acts <= 0.0:
        return None
    strength = sum(parameters[name] * value for name, value in seen.items())
    basis = f"{acts:.0f} acts that still count, {'an' if seen['open_cart'] else 'no'} open cart"
    return Score(1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, strength)))), own_share(acts, _PRIOR_ACTS), basis)


def fit(examples: Sequence[Example]) -> Parameters | None:
    """The most likely coefficients, given those before; None when nobody bought, or everybody did."""
    import numpy as np

    from learning.logistic import fit_logistic

    known = [(inputs(each.before), each.bought) for each in examples if each.before is not None]
    bought = np.array([b for _, b in known], dtype=np.float64)
    if len(known) == 0 or bought.all() or not bought.any():
        return None
    x = np.array([[seen[name] for name in _NAMES] for seen, _ in known])
    prior = np.array([PRIOR[name] for name in _NAMES])
    # How many buy differs from shop to shop: the base is left free.
    hold = np.array([0.01 if name == "base" else _HOLD for name in _NAMES])
    found = fit_logistic(x, bought, prior, hold)
    return None if found is None else dict(zip(_NAMES, found.tolist(), strict=True))


MODEL = Model(f"The probability of a purchase in the next {HORIZON_DAYS} days.", PRIOR, score, fit)
