"""The nightly refit: what an option is worth with all that follows from it, learned from the whole log.

Randomised least-squares value iteration (Osband, Van Roy, Wen: Generalization and Exploration via Randomized
Value Functions, ICML 2016). From the last stage back to the first, the value of a turn is its reward and the
best that the next turn offers, by weights that are drawn from their posterior. Several such passes are
averaged; what they differ by stays as doubt. The result is a `Model` a stage that decides as any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from learning.distributions import Array
from learning.sampler.design import Design
from learning.sampler.model import Habits, Model
from learning.sampler.posterior import believe
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


@dataclass(frozen=True)
class _Stage:
    """The turns of a stage as arrays, one row a turn."""

    rows: Array
    """Of the chosen option."""
    blocks: list[str]
    places: Array
    """Of each row's block among the blocks."""
    rewards: Array
    following: Sequence[Turn | None]


def refit(
    trajectories: Sequence[Sequence[Turn]],
    design: Design,
    habits: Habits | None = None,
    discount: float = 1.0,
    passes: int = 16,
    seed: int = 0,
) -> list[Model]:
    """A model for every stage. `discount` is that of one turn to the next; the same log and seed give the same
    models.

    Raises ValueError when the stages of a trajectory do not rise.
    """
    habits, draw = habits or Habits(), np.random.default_rng(seed)
    stages = 1 + max((turn.stage for turns in trajectories for turn in turns), default=-1)
    models: dict[int, Model] = {}
    drawn: dict[int, tuple[dict[str, int], Array]] = {}
    for stage in reversed(range(stages)):
        turns = _stage(trajectories, stage, design)
        targets = turns.rewards[:, None] + discount * _ahead(turns.following, drawn, design, passes)
        models[stage] = Model(design, habits, _counted(turns, targets.mean(axis=1), targets.var(axis=1)))
        drawn[stage] = _draw(turns, targets, design, habits, draw)
    return [models[stage] for stage in range(stages)]


def _stage(trajectories: Sequence[Sequence[Turn]], stage: int, design: Design) -> _Stage:
    pairs: list[tuple[Turn, Turn | None]] = []
    for turns in trajectories:
        for place, turn in enumerate(turns):
            after = turns[place + 1] if place + 1 < len(turns) else None
            if after is not None and after.stage <= turn.stage:
                raise ValueError(f"stage {after.stage} follows stage {turn.stage}; stages must rise")
            if turn.stage == stage:
                pairs.append((turn, after))
    named = [design.block(turn.option) for turn, _ in pairs]
    blocks = sorted(set(named))
    return _Stage(
        np.array([design.row(turn.option, turn.features) for turn, _ in pairs]).reshape(-1, design.dimensions),
        blocks,
        np.array([blocks.index(name) for name in named], np.float64),
        np.array([turn.reward for turn, _ in pairs], np.float64),
        [after for _, after in pairs],
    )


def _ahead(
    following: Sequence[Turn | None],
    drawn: Mapping[int, tuple[dict[str, int], Array]],
    design: Design,
    passes: int,
) -> Array:
    """The best value that each next turn offers in every pass; nothing after the last. One row a turn."""
    ahead = np.zeros((len(following), passes))
    for row, turn in enumerate(following):
        if turn is None:
            continue
        places, weights = drawn[turn.stage]
        chosen = [places.get(design.block(option), len(places)) for option in turn.options]
        vectors = np.stack([design.row(option, turn.features) for option in turn.options])
        ahead[row] = np.einsum("kd,kdp->kp", vectors, weights[chosen]).max(axis=0)
    return ahead


def _counted(turns: _Stage, targets: Array, doubts: Array | float = 0.0) -> dict[str, Statistics]:
    squares = targets * targets + doubts
    counted: dict[str, Statistics] = {}
    for place, block in enumerate(turns.blocks):
        of_block: Any = turns.places == place
        rows = turns.rows[of_block]
        counted[block] = Statistics(
            rows.T @ rows, rows.T @ targets[of_block], float(len(rows)), float(squares[of_block].sum())
        )
    return counted


def _draw(
    turns: _Stage, targets: Array, design: Design, habits: Habits, draw: np.random.Generator
) -> tuple[dict[str, int], Array]:
    """Weights of every block and of a new one, drawn once a pass: blocks by dimensions by passes."""
    count, passes = len(turns.blocks) + 1, targets.shape[1]
    weights = np.empty((count, design.dimensions, passes))
    for number in range(passes):
        known = _counted(turns, targets[:, number])
        beliefs = believe([known[block] for block in turns.blocks], design.dimensions, habits.prior)
        roots = np.linalg.cholesky(beliefs.covariances)
        noise = draw.standard_normal((count, design.dimensions))
        weights[:, :, number] = beliefs.means + np.einsum("kde,ke->kd", roots, noise)
    return {block: place for place, block in enumerate(turns.blocks)}, weights
