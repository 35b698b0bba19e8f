"""Logistic regression: how likely something happens, by what is seen before. The most likely coefficients, held
towards others, so that a few observations do not overturn them."""

from typing import Any, cast

import numpy as np

from learning.distributions import Array, chance_of


def fit_logistic(
    seen: Array, happened: Array, prior: Array, hold: Array | float, weights: Array | float = 1.0
) -> Array | None:
    """The coefficients, one a column of `seen`; None when they are not found.

    `happened` is 1 or 0 a row, `hold` the precision of the normal about each `prior`, `weights` how much each row
    counts.
    """
    from scipy import optimize

    def unlike(coefficients: Array) -> tuple[float, Array]:
        strength = seen @ coefficients
        likely = (weights * (happened * strength - np.logaddexp(0.0, strength))).sum()
        loss = 0.5 * (hold * (coefficients - prior) ** 2).sum() - likely
        slope = seen.T @ (weights * (chance_of(strength) - happened)) + hold * (coefficients - prior)
        return float(loss), slope

    def bend(coefficients: Array) -> Array:
        chances = chance_of(seen @ coefficients)
        return (seen.T * (weights * chances * (1 - chances))) @ seen + np.diag(np.broadcast_to(hold, prior.shape))

    # By Newton's steps, of which a handful do: the loss is convex, and has few coefficients for its rows.
    found = cast(Any, optimize).minimize(unlike, prior, jac=True, hess=bend, method="trust-exact")
    return np.asarray(found.x, np.float64) if found.success else None
