"""The sufficient statistics of a linear model: sums over decisions, which merge in any order.

A reward may come late and be corrected. What a decision adds is a difference between the reward it counted with
before and the one it counts with now, so that to say the same twice adds nothing.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from learning.distributions import Array


@dataclass(frozen=True, eq=False)
class Statistics:
    """Sums over weighted observations of a vector x with a reward r. Immutable."""

    outer: Array
    """Sum of w x x'."""
    moment: Array
    """Sum of w x r."""
    count: float = 0.0
    """Sum of w."""
    square: float = 0.0
    """Sum of w r²."""

    @classmethod
    def empty(cls, dimensions: int) -> "Statistics":
        """Of no observation."""
        return cls(np.zeros((dimensions, dimensions)), np.zeros(dimensions))

    def __add__(self, other: "Statistics") -> "Statistics":
        return Statistics(
            self.outer + other.outer,
            self.moment + other.moment,
            self.count + other.count,
            self.square + other.square,
        )

    def inverse(self, strength: float) -> Array:
        """(λI + outer)⁻¹, computed once: a lesson changes one block, and the others' inverses stay."""
        found = self._inverses.get(strength)
        if found is None:
            found = np.asarray(np.linalg.inv(self.outer + strength * np.eye(self.moment.size)), np.float64)
            self._inverses[strength] = found
        return found

    @cached_property
    def _inverses(self) -> dict[float, Array]:
        return {}

    def times(self, factor: float) -> "Statistics":
        """The same observations, each with its weight multiplied."""
        return Statistics(self.outer * factor, self.moment * factor, self.count * factor, self.square * factor)


def credited(x: Array, before: float | None, after: float | None, weight: float = 1.0) -> Statistics:
    """What to add when a decision that counted with the reward `before` is to count with `after`.

    None means that it does not count: as `before` for the first reward, as `after` to take a decision back. The
    weight is that of the decision, and the same each time.
    """
    presence = weight * ((after is not None) - (before is not None))
    was, now = before or 0.0, after or 0.0
    outer = np.multiply.outer(x, x) * presence if presence else np.zeros((x.size, x.size))
    return Statistics(outer, x * (weight * (now - was)), presence, weight * (now * now - was * was))
