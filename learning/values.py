"""The nightly refit: what an option is worth with all that follows from it, learned from the whole log.

Randomised least-squares value iteration (Osband, Van Roy, Wen: Generalization and Exploration via Randomized
Value Functions, ICML 2016). From the last stage back to the first, the value of a turn is its reward and the
best that the next turn offers, by weights that are drawn from their posterior. All turns share the weights, so
that each teaches the others; the features say which turn it is. Several such passes are averaged; what they
differ by stays as doubt. The result is a `Model` as any other, that replaces what was learned by day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from learning.distributions import Array
from learning.sampler.design import Design, Separate
from learning.sampler.model import Habits, Model
from learning.sampler.posterior import believe
from learning.sampler.responses import Responses, fit_responses
from learning.sampler.statistics import Statistics


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


_Step = tuple[int, Turn, Turn | None]


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
    if isinstance(design, Separate):
        design = replace(design, responses=_responses([turn for turns in trajectories for turn in turns], design))
    by_stage = _by_stage(trajectories)
    fitted = _Fitted(design, passes)
    for stage in sorted(by_stage, reverse=True):
        fitted = fitted.with_turns(by_stage[stage], discount, trace)
        if stage != min(by_stage):
            fitted.draw_weights(habits, draw)
    doubt = fitted.targets.var(axis=1)
    return Model(design, habits, fitted.counted(fitted.targets.mean(axis=1), doubt))


def _responses(turns: Sequence[Turn], design: Separate) -> Responses:
    """The curves of how likely each option is answered: that more than nothing came of it before the next turn."""
    plain = Separate(design.features)
    known = np.empty((len(turns), plain.dimensions))
    for place, turn in enumerate(turns):
        known[place] = plain.common(turn.features)
    answered = np.array([float(turn.reward > 0) for turn in turns])
    weights = np.array([turn.weight for turn in turns])
    return fit_responses([turn.option for turn in turns], known, answered, weights)


def _by_stage(trajectories: Sequence[Sequence[Turn]]) -> dict[int, list[_Step]]:
    """Every turn with its trajectory's number and the turn that follows it, by its stage."""
    found: dict[int, list[_Step]] = {}
    for number, turns in enumerate(trajectories):
        for turn, after in zip_longest(turns, turns[1:]):
            if after is not None and after.stage <= turn.stage:
                raise ValueError(f"stage {after.stage} follows stage {turn.stage}; stages must rise")
            found.setdefault(turn.stage, []).append((number, turn, after))
    return found


class _Fitted:
    """The turns from some stage on, with their values in every pass, and weights drawn from what they tell."""

    def __init__(self, design: Design, passes: int) -> None:
        self.design, self.passes = design, passes
        self.rows: Array = np.empty((0, design.dimensions))
        self.targets: Array = np.empty((0, passes))
        self.blocks: list[str] = []
        """Of every row."""
        self.weights: list[float] = []
        """Of every row."""
        self._came: dict[int, Array] = {}
        """The values of the earliest turn so far of every trajectory."""
        self._places: dict[str, int] = {}
        self._weights: Array = np.zeros((1, design.dimensions, passes))

    def with_turns(self, steps: Sequence[_Step], discount: float, trace: float) -> "_Fitted":
        """Also the turns of the stage before."""
        rows = np.array([self.design.row(turn.option, turn.features, turn.options) for _, turn, _ in steps])
        targets = np.empty((len(steps), self.passes))
        for place, (number, turn, after) in enumerate(steps):
            came = self._came.get(number, np.zeros(self.passes))
            targets[place] = turn.reward + discount * (trace * came + (1 - trace) * self._ahead(after))
            self._came[number] = targets[place]
        self.targets = np.concatenate((self.targets, targets))
        self.rows = np.concatenate((self.rows, rows))
        self.blocks += [self.design.block(turn.option) for _, turn, _ in steps]
        self.weights += [turn.weight for _, turn, _ in steps]
        return self

    def _ahead(self, turn: Turn | None) -> Array:
        """The best value that a turn offers, in every pass; nothing after the last."""
        if turn is None:
            return np.zeros(self.passes)
        chosen = [self._places.get(self.design.block(option), -1) for option in turn.options]
        vectors = self.design.rows(turn.options, turn.features)
        worth: Array = np.einsum("kd,kdp->kp", vectors, self._weights[chosen])
        return np.max(worth, axis=0)

    def counted(self, targets: Array, doubts: Array | float = 0.0) -> dict[str, Statistics]:
        """The sums of all turns by block, for these values and variances of them."""
        squares, names = targets * targets + doubts, np.array(self.blocks)
        weights = np.array(self.weights)
        sums: dict[str, Statistics] = {}
        for block in sorted(set(self.blocks)):
            own = names == block
            rows, share = self.rows[own], weights[own]
            weighed = rows.T * share
            sums[block] = Statistics(
                weighed @ rows, weighed @ targets[own], float(share.sum()), float(squares[own] @ share)
            )
        return sums

    def draw_weights(self, habits: Habits, draw: np.random.Generator) -> None:
        """Draw the weights of every block once a pass, and at the last place those of one that was never seen."""
        weights: list[Array] = []
        for values in self.targets.T:
            sums = self.counted(values)
            beliefs = believe(list(sums.values()), self.design.dimensions, habits.prior)
            noise = draw.standard_normal(beliefs.means.shape)
            roots = np.linalg.cholesky(beliefs.covariances)
            weights.append(beliefs.means + np.einsum("kde,ke->kd", roots, noise))
            self._places = {block: place for place, block in enumerate(sums)}
        self._weights = np.stack(weights, axis=2)
