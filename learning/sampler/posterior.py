"""What the sums let one believe: a normal for the weights of every option.

Ridge regression as Bayes: A = λI + S, mean = A⁻¹(λ μ₀ + b), covariance = σ² A⁻¹. μ₀ is the same estimate over
all options together, so that a new option starts from what holds for all. σ² is estimated from what the means
leave over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from learning.distributions import Array
from learning.sampler.statistics import Statistics


@dataclass(frozen=True)
class Prior:
    """What is held before anything was seen, in the unit of the reward."""

    strength: float = 1.0
    """λ: how many observations of a unit vector the prior is worth."""
    noise: float = 1.0
    """The standard deviation of a reward around its mean, before any was seen."""
    patience: float = 10.0
    """How many observations the assumed noise is worth."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Beliefs on the weights of several blocks, one a row; the last is that of a block that was never seen."""

    means: Array
    """Blocks by dimensions."""
    covariances: Array
    """Blocks by dimensions by dimensions."""

    def of_one(self, vector: Array) -> tuple[Array, Array]:
        """The mean and standard deviation of the score of one vector in every block."""
        blocks, dimensions = self.means.shape
        stacked = self.covariances.reshape(blocks * dimensions, dimensions)
        variances = (stacked @ vector).reshape(blocks, dimensions) @ vector
        return self.means @ vector, np.sqrt(np.maximum(variances, 0.0))

    def of_blocks(self, places: Sequence[int], rows: Array) -> tuple[Array, Array]:
        """The mean and standard deviation of the score of every row, each in the block at its place; rows in the
        same block are the same."""
        vectors = np.zeros_like(self.means)
        vectors[places] = rows
        turned = np.matmul(self.covariances, vectors[:, :, None])[:, :, 0]
        variances = np.einsum("kd,kd->k", turned, vectors)
        means = np.einsum("kd,kd->k", self.means, vectors)
        return means[places], np.sqrt(np.maximum(variances[places], 0.0))

    def of_rows(self, rows: Array) -> tuple[Array, Array]:
        """The mean and standard deviation of the score of every row in the first block."""
        variances = ((rows @ self.covariances[0]) * rows).sum(axis=1)
        return rows @ self.means[0], np.sqrt(np.maximum(variances, 0.0))


def believe(blocks: Sequence[Statistics], dimensions: int, prior: Prior) -> Posterior:
    """The posterior of the blocks, in their order, and of one that was never seen."""
    every = [*blocks, Statistics.empty(dimensions)]
    pooled = sum(blocks, Statistics.empty(dimensions))
    start = pooled.inverse(prior.strength) @ pooled.moment
    inverses = np.stack([each.inverse(prior.strength) for each in every])
    moments = np.stack([each.moment for each in every])
    means = np.einsum("kde,ke->kd", inverses, moments + prior.strength * start)
    return Posterior(means, inverses * _variance(every, means, prior))


def _variance(every: Sequence[Statistics], means: Array, prior: Prior) -> float:
    """σ²: what the means leave unexplained, and the assumed noise as some observations more."""
    left = prior.patience * prior.noise**2
    for statistics, mean in zip(every, means, strict=True):
        explained = 2 * mean @ statistics.moment - mean @ statistics.outer @ mean
        left += max(statistics.square - float(explained), 0.0)
    return left / (prior.patience + sum(s.count for s in every))
