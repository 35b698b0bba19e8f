"""The linear Thompson sampler: what was learned for one decision point, and the odds that follow from it.

The score of every option is drawn on its own from its posterior, and the highest wins (Thompson 1933; Agrawal and
Goyal, ICML 2013). The odds of that are computed, and the choice is then drawn from the odds, so that the logged
propensity is exactly the one that was acted with.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from learning.distributions import Array
from learning.sampler.decay import seen_from
from learning.sampler.design import Design, Factorised
from learning.sampler.packing import packed, unpacked
from learning.sampler.posterior import Posterior, Prior, believe
from learning.sampler.propensity import probabilities_of_best, with_floor
from learning.sampler.statistics import Statistics, credited


@dataclass(frozen=True)
class Habits:
    """How a sampler learns and explores."""

    prior: Prior = field(default_factory=Prior)
    floor: float = 0.02
    """The share of choices that is spread evenly over the open options."""
    forgets: float = 0.01
    """The share of what it knows that it forgets a day."""

    def __post_init__(self) -> None:
        if not 0 < self.floor <= 1:
            raise ValueError("the floor of exploration lies above 0 and at most at 1")
        if not 0 <= self.forgets <= 0.02:
            raise ValueError("a sampler forgets between 0 and 0.02 a day")


@dataclass(frozen=True)
class Model:
    """What is known at one decision point, as seen from one instant. Immutable: learning makes a new one."""

    design: Design
    habits: Habits = field(default_factory=Habits)
    blocks: Mapping[str, Statistics] = field(default_factory=dict[str, Statistics])
    """The sums by block, scaled to the instant that the model is seen from."""

    def probabilities(self, options: Sequence[str], features: Mapping[str, float]) -> list[float]:
        """How likely each of the open options is chosen, in their order; they add up to one.

        An option that was never seen starts from what all options have in common.
        """
        return self.odds(*self.scores(options, features))

    def odds(self, means: Array, deviations: Array) -> list[float]:
        """How likely each option is chosen whose scores are these."""
        return with_floor(probabilities_of_best(means, deviations), self.habits.floor).tolist()

    def scores(self, options: Sequence[str], features: Mapping[str, float]) -> tuple[Array, Array]:
        """The expected reward of each option and the standard deviation of that belief, in the options' order."""
        if isinstance(self.design, Factorised):
            return self._posterior.of_rows(self.design.rows(options, features))
        places = [self._places.get(option, -1) for option in options]
        if self.design.responses:
            return self._posterior.of_blocks(places, self.design.rows(options, features))
        means, deviations = self._posterior.of_one(self.design.common(features))
        return means[places], deviations[places]

    @cached_property
    def version(self) -> str:
        """Names exactly this state of knowledge: twelve hexadecimal digits of the hash of all of it."""
        told = hashlib.sha256(repr(self.habits).encode())
        for name, data in sorted(self.packed().items()):
            told.update(name.encode() + b"\0" + data)
        return told.hexdigest()[:12]

    def taught(self, block: str, lesson: Statistics) -> "Model":
        """The model that knows one lesson more."""
        known = self.blocks.get(block)
        return Model(self.design, self.habits, {**self.blocks, block: lesson if known is None else known + lesson})

    def packed(self) -> dict[str, bytes]:
        """The blocks as bytes."""
        return packed(self.blocks, self.design)

    @cached_property
    def _posterior(self) -> Posterior:
        return believe(list(self.blocks.values()), self.design.dimensions, self.habits.prior)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.blocks)}


def lesson(
    design: Design,
    option: str,
    features: Mapping[str, float],
    before: float | None,
    after: float | None,
    weight: float = 1.0,
    options: Sequence[str] = (),
) -> tuple[str, Statistics]:
    """The block to add to and what to add, when a decision's reward becomes known or is corrected.

    See `statistics.credited` for `before` and `after`; `weight` is `decay.weight_of` the decision's instant, and
    `options` are those that were open.
    """
    return design.block(option), credited(design.row(option, features, options), before, after, weight)


def seen(stored: Mapping[str, bytes], now: datetime, design: Design, habits: Habits) -> Model:
    """The model as it counts at an instant, from stored sums whose lessons had the weights of `decay`.

    Raises packing.Unreadable when they were counted in another design.
    """
    counted_in, sums = unpacked(stored, design)
    scaled = {name: seen_from(known, now, habits.forgets) for name, known in sums.items()}
    return Model(counted_in, habits, scaled)
