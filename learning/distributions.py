"""The distributions that the other files need, with types: scipy's own have none.

scipy.special rather than scipy.stats, which takes most of a second to import.
"""

from typing import Any, cast

import numpy as np
import scipy.special  # pyright: ignore[reportMissingTypeStubs] -- scipy ships no types
from numpy.typing import NDArray

Array = NDArray[np.float64]

_special = cast(Any, scipy.special)


def normal_cdf(values: Array) -> Array:
    """The share of a standard normal that lies below each value."""
    return _special.ndtr(values)


def chance_of(logits: Array) -> Array:
    """The chance that each logit stands for."""
    return _special.expit(logits)


def normal_quantile(share: float) -> float:
    """The value below which this share of a standard normal lies."""
    return float(_special.ndtri(share))


def normal_tail(value: float) -> float:
    """The share of a standard normal above a value."""
    return float(_special.ndtr(-value))


def t_quantile(share: float, degrees: float) -> float:
    """The value below which this share of Student's t with so many degrees of freedom lies."""
    return float(_special.stdtrit(degrees, share))


def t_tail(value: float, degrees: float) -> float:
    """The share of Student's t above a value."""
    return float(_special.stdtr(degrees, -value))


def shifted_t_cdf(value: float, degrees: float, shift: float) -> float:
    """The share of the noncentral t below a value."""
    return float(_special.nctdtr(degrees, shift, value))


def chi2_tail(value: float, degrees: int) -> float:
    """The share of the chi-squared distribution above a value."""
    return float(_special.chdtrc(degrees, value))
