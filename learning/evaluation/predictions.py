"""The model of the reward that the direct and doubly robust estimators lean on: the sampler's own regression,
fitted in folds, so that no decision is judged by a model that has seen its reward."""

from collections.abc import Mapping, Sequence

import numpy as np

from learning.distributions import Array
from learning.sampler.design import Design
from learning.sampler.posterior import Prior, believe
from learning.sampler.statistics import Statistics


def predicted(
    design: Design,
    options: Sequence[str],
    chosen: Sequence[str],
    features: Sequence[Mapping[str, float]],
    rewards: Sequence[float],
    folds: int = 3,
    prior: Prior | None = None,
) -> Array:
    """The expected reward of every option for every decision: rows by options."""
    rows = np.array([design.row(option, known) for option, known in zip(chosen, features, strict=True)])
    blocks = sorted({design.block(option) for option in options})
    named = np.array([blocks.index(design.block(option)) for option in chosen])
    amounts, fold = np.asarray(rewards, np.float64), np.arange(len(rows)) % folds
    result = np.empty((len(rows), len(options)))
    asked = [np.array([design.row(option, known) for known in features]) for option in options]
    for number in range(folds):
        learned, told = fold != number, fold == number
        sums = [
            _sums(rows[learned & (named == place)], amounts[learned & (named == place)])
            for place in range(len(blocks))
        ]
        means = believe(sums, design.dimensions, prior or Prior()).means
        for column, option in enumerate(options):
            result[told, column] = asked[column][told] @ means[blocks.index(design.block(option))]
    return result


def _sums(rows: Array, rewards: Array) -> Statistics:
    return Statistics(rows.T @ rows, rows.T @ rewards, float(len(rows)), float(rewards @ rewards))
