"""What is needed of the decision log: one row a decision."""

from dataclasses import dataclass

import numpy as np

from learning.distributions import Array


@dataclass(frozen=True, eq=False)
class Log:
    """Decisions of the planner that acted, with the odds of another one."""

    chosen: Array
    """The place of the chosen option, as whole numbers."""
    rewards: Array
    propensities: Array
    """How likely the chosen option was to the planner that acted; above 0."""
    target: Array
    """The other planner's odds: rows by options; 0 for what is closed."""
    units: Array | None = None
    """Whose decision it was, as whole numbers from 0: decisions of one customer are no independent evidence."""

    def __post_init__(self) -> None:
        rows, options = self.target.shape
        if not len(self.chosen) == len(self.rewards) == len(self.propensities) == rows:
            raise ValueError("every decision has an option, a reward, a propensity and the other planner's odds")
        if rows and (self.propensities.min() <= 0 or self.propensities.max() > 1):
            raise ValueError("a propensity lies above 0 and at most at 1; what was chosen could be chosen")
        if rows and not (self.chosen.min() >= 0 and self.chosen.max() < options):
            raise ValueError("every chosen option has a column in the other planner's odds")
        if rows and abs(self.target.sum(axis=1) - 1).max() > 1e-6:
            raise ValueError("the other planner's odds add up to 1 in every row")

    @property
    def places(self) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
        """The chosen options, to index with."""
        return self.chosen.astype(np.intp)

    @property
    def weights(self) -> Array:
        """How much likelier the choice is to the other planner than to the one that acted."""
        return self.target[np.arange(len(self.chosen)), self.places] / self.propensities
