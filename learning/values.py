"""The nightly refit: what an option is worth with all that follows from it, learned from the whole log.

Randomised least-squares value iteration (Osband, Van Roy, Wen: Generalization and Exploration via Randomized
Value Functions, ICML 2016). From the last stage back to the first, the value of a turn is its reward and the
best that the next turn offers, by weights that are drawn from their posterior. All turns share the weights, so
that each teaches the others; the features say which turn it is. Several such passes are averaged; what they
differ by stays as doubt. The result is a `Model` as any other, that replaces what was learned by day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from learning.distributions import Array
from learning.sampler.design import Design
from learning.sampler.model import Habits, Model
from learning.sampler.posterior import believe
from learning.sampler.responses import Responses, fit_responses
from learning.sampler.statistics import Statistics
from learning.sampler.table import Places, Table


@dataclass(frozen=True)
class Turn:
    """One logged decision of an agent, and what came of it before the next."""

    stage: int
    """From 0, and later in every next turn; turns may be put together, such as all from the fifth."""
    option: str
    features: Mapping[str, float]
    reward: float
    options: Sequence[str]
    """Those that were open."""
    weight: float = 1.0
    """How much it counts; what is long ago counts less."""


def refit(
    trajectories: Sequence[Sequence[Turn]],
    design: Design,
    habits: Habits | None = None,
    discount: float = 1.0,
    trace: float = 0.5,
    passes: int = 16,
    seed: int = 0,
) -> Model:
    """What the whole log teaches. `discount` is that of one turn to the next.

    `trace` is how far the value of a next turn is what came of it, rather than the best that the weights say of
    it (Peng and Williams: Incremental Multi-Step Q-Learning, 1996): weights that cannot describe the truth lead
    astray at every turn that they are asked about. The same log and seed give the same model. Raises ValueError
    when the stages of a trajectory do not rise.
    """
    habits, draw = habits or Habits(), np.random.default_rng(seed)
    log = _Log.of(trajectories)
    plain = log.table(replace(design, responses=Responses()))
    table = plain.with_responses(_responses(log, plain))
    fitted = _Fitted(log, table, passes)
    stages = log.by_stage()
    for number, places in enumerate(stages, start=1):
        fitted.add(places, discount, trace)
        if number < len(stages):
            fitted.draw_weights(habits, draw)
    return Model(table.design, habits, fitted.blocks())


def _responses(log: "_Log", plain: Table) -> Responses:
    """The curves of how likely each option is answered: that more than nothing came of it before the next turn."""
    vectors = np.empty((len(log.turns), plain.design.dimensions))
    for option, places in log.chosen.items():
        vectors[places] = plain.plain(option, places)
    blocks = [plain.design.block(turn.option) for turn in log.turns]
    return fit_responses(blocks, vectors, (log.rewards > 0).astype(np.float64), log.weights)


@dataclass(frozen=True)
class _Log:
    """All turns, one after the other."""

    turns: Sequence[Turn]
    trajectories: Places
    """The number of every turn's trajectory."""
    after: Places
    """The place of the turn that follows it; -1 after the last of a trajectory."""

    @classmethod
    def of(cls, trajectories: Sequence[Sequence[Turn]]) -> "_Log":
        """Raises ValueError when stages do not rise."""
        for turns in trajectories:
            for turn, after in pairwise(turns):
                if after.stage <= turn.stage:
                    raise ValueError(f"stage {after.stage} follows stage {turn.stage}; stages must rise")
        every = [turn for turns in trajectories for turn in turns]
        numbers = np.repeat(np.arange(len(trajectories)), [len(turns) for turns in trajectories])
        after = np.arange(1, len(every) + 1)
        after[np.flatnonzero(np.diff(numbers, append=-1))] = -1
        return cls(every, numbers, after)

    @cached_property
    def rewards(self) -> Array:
        return np.array([turn.reward for turn in self.turns])

    @cached_property
    def weights(self) -> Array:
        return np.array([turn.weight for turn in self.turns])

    @cached_property
    def chosen(self) -> dict[str, Places]:
        """By option, where it was chosen."""
        names = np.array([turn.option for turn in self.turns])
        return {str(name): np.flatnonzero(names == name) for name in np.unique(names)}

    def by_stage(self) -> list[Places]:
        """The places of the turns of every stage, the last stage first."""
        stages = np.array([turn.stage for turn in self.turns])
        return [np.flatnonzero(stages == stage) for stage in np.unique(stages)[::-1]]

    def table(self, design: Design) -> Table:
        """What is known at all turns."""
        return Table.of(design, [turn.features for turn in self.turns], [turn.options for turn in self.turns])


@dataclass
class _Sums:
    """The sums of one block, with the values of every pass."""

    outer: Array
    moments: Array
    """Dimensions by passes."""
    squares: Array
    """By pass."""
    count: float = 0.0

    @classmethod
    def empty(cls, dimensions: int, passes: int) -> "_Sums":
        """Of no turn."""
        return cls(np.zeros((dimensions, dimensions)), np.zeros((dimensions, passes)), np.zeros(passes))

    def add(self, vectors: Array, values: Array, weights: Array) -> None:
        """Count turns, one a row, with their values in every pass."""
        weighed = vectors.T * weights
        self.outer += weighed @ vectors
        self.moments += weighed @ values
        self.squares += weights @ values**2
        self.count += float(weights.sum())

    def of_pass(self, number: int) -> Statistics:
        """What one pass says."""
        return Statistics(self.outer, self.moments[:, number], self.count, float(self.squares[number]))

    def mean(self) -> Statistics:
        """The mean of the passes. In the mean of their squares is what they differ by."""
        return Statistics(self.outer, self.moments.mean(axis=1), self.count, float(self.squares.mean()))


class _Fitted:
    """What the turns from some stage on tell in every pass, and weights drawn from that."""

    def __init__(self, log: _Log, table: Table, passes: int) -> None:
        self._log, self._table, self._passes = log, table, passes
        self._values: Array = np.zeros((len(log.turns), passes))
        """Of every turn from this stage on, by pass."""
        self._sums: dict[str, _Sums] = {}
        self._weights: dict[str, Array] = {}
        """Of every block that was seen, dimensions by passes."""
        self._unseen: Array = np.zeros((table.design.dimensions, passes))
        """The same, of a block that was never seen."""

    def add(self, places: Places, discount: float, trace: float) -> None:
        """Value the turns of the stage before, and count them."""
        after = self._log.after[places]
        goes_on = after >= 0
        to_come = np.zeros((len(places), self._passes))
        to_come[goes_on] = trace * self._values[after[goes_on]] + (1 - trace) * self._best(after[goes_on])
        self._values[places] = self._log.rewards[places, None] + discount * to_come
        for option, chosen in self._log.chosen.items():
            own = np.intersect1d(chosen, places, assume_unique=True)
            if own.size:
                vectors = self._table.vectors(option, own)
                self._of_block(option).add(vectors, self._values[own], self._log.weights[own])

    def draw_weights(self, habits: Habits, draw: np.random.Generator) -> None:
        """Draw the weights of every block once a pass, and those of one that was never seen."""
        names, drawn = sorted(self._sums), list[Array]()
        for number in range(self._passes):
            sums = [self._sums[name].of_pass(number) for name in names]
            beliefs = believe(sums, self._table.design.dimensions, habits.prior)
            noise = draw.standard_normal(beliefs.means.shape)
            roots = np.linalg.cholesky(beliefs.covariances)
            drawn.append(beliefs.means + np.einsum("kde,ke->kd", roots, noise))
        *weights, self._unseen = np.stack(drawn, axis=2)
        self._weights = dict(zip(names, weights, strict=True))

    def blocks(self) -> dict[str, Statistics]:
        """The sums of all turns by block, over the passes."""
        return {name: self._sums[name].mean() for name in sorted(self._sums)}

    def _best(self, places: Places) -> Array:
        """The best value that each of some turns offers by the drawn weights, in every pass."""
        best = np.full((len(self._log.turns), self._passes), -np.inf)
        for option, open_ in self._table.open.items():
            own = np.intersect1d(open_, places, assume_unique=True)
            weights = self._weights.get(self._table.design.block(option), self._unseen)
            best[own] = np.maximum(best[own], self._table.vectors(option, own) @ weights)
        return best[places]

    def _of_block(self, option: str) -> _Sums:
        design = self._table.design
        return self._sums.setdefault(design.block(option), _Sums.empty(design.dimensions, self._passes))
