"""How likely each option is answered, as a curve over the features.

What an option brings is seldom a straight line: those who hardly like it are all alike, and for those who like it
every bit counts. The nightly refit draws the curve, a logistic regression for every block of the design, and two
numbers by it become features: how likely the option itself is answered, and how likely the best of those that are
open. The second says what waiting, or any option after this one, may still bring.
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
    """By block, the coefficients of a vector without responses."""

    def __bool__(self) -> bool:
        return bool(self.weights)

    @property
    def dimensions(self) -> int:
        """How many numbers they add to a vector."""
        return 2 if self.weights else 0

    def likely(self, blocks: Sequence[str], vector: Array) -> Array:
        """How likely one vector is answered in each of the blocks; 0 in one without a curve."""
        places = [self._places.get(block, -1) for block in blocks]
        return chance_of(self._matrix @ vector)[places]

    def along(self, block: str, vectors: Array) -> Array:
        """How likely each of the vectors, one a row, is answered in a block; 0 in one without a curve."""
        curve = self.weights.get(block)
        return np.zeros(len(vectors)) if curve is None else chance_of(vectors @ np.array(curve))

    @cached_property
    def _matrix(self) -> Array:
        # The last is that of a block without a curve, which is never answered.
        never = (-np.inf, *[0.0] * (len(next(iter(self.weights.values()))) - 1))
        return np.array([*self.weights.values(), never])

    @cached_property
    def _places(self) -> dict[str, int]:
        return {block: place for place, block in enumerate(self.weights)}


def fit_responses(blocks: Sequence[str], vectors: Array, answered: Array, weights: Array) -> Responses:
    """The curves that decisions tell of, one a row: the block and the vector of what was chosen, whether anything
    good came of it, and how much it counts. A block with too few answers for its coefficients gets none."""
    names, found = np.array(blocks), dict[str, tuple[float, ...]]()
    none = np.zeros(vectors.shape[1])
    for block in sorted(set(blocks)):
        own = names == block
        if min(answered[own].sum(), (1 - answered[own]).sum()) < _EACH * len(none):
            continue
        curve = fit_logistic(vectors[own], answered[own], none, 1.0, weights[own])
        if curve is not None:
            found[block] = tuple(curve.tolist())
    return Responses(found)
