"""How likely each option is answered, as a curve over the features.

What an option brings is seldom a straight line: those who hardly like it are all alike, and for those who like it
every bit counts. The nightly refit draws the curve, a logistic regression an option, and two numbers by it become
features: how likely the option itself is answered, and how likely the best of those that are open. The second says
what waiting, or any option after this one, may still bring.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from learning.distributions import Array, chance_of
from learning.logistic import fit_logistic

_EACH = 10
"""Answers, and silences, for every coefficient (Peduzzi and others: Journal of Clinical Epidemiology, 1996)."""


@dataclass(frozen=True)
class Responses:
    """The curves of the options; none before the first refit."""

    weights: Mapping[str, tuple[float, ...]] = field(default_factory=dict[str, tuple[float, ...]])
    """By option, the coefficients of a constant and the features."""

    def __bool__(self) -> bool:
        return bool(self.weights)

    def likely(self, options: Sequence[str], known: Array) -> Array:
        """How likely each of the options is answered, where `known` is a one and the features; 0 for an option
        without a curve."""
        places = [self._places.get(option, -1) for option in options]
        return chance_of(self._matrix @ known)[places]

    @cached_property
    def _matrix(self) -> Array:
        # The last is that of an option without a curve, which is never answered.
        never = (-np.inf, *[0.0] * (len(next(iter(self.weights.values()))) - 1))
        return np.array([*self.weights.values(), never])

    @cached_property
    def _places(self) -> dict[str, int]:
        return {option: place for place, option in enumerate(self.weights)}


def fit_responses(chosen: Sequence[str], known: Array, answered: Array, weights: Array) -> Responses:
    """The curves that decisions tell of, one a row: what was chosen, a one and the features, whether anything good
    came of it, and how much it counts. An option with too few answers for its coefficients gets none."""
    names, found = np.array(chosen), dict[str, tuple[float, ...]]()
    none = np.zeros(known.shape[1])
    for option in sorted(set(chosen)):
        own = names == option
        if min(answered[own].sum(), (1 - answered[own]).sum()) < _EACH * len(none):
            continue
        curve = fit_logistic(known[own], answered[own], none, 1.0, weights[own])
        if curve is not None:
            found[option] = tuple(curve.tolist())
    return Responses(found)
