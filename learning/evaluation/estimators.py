"""The estimators of a planner's value from another's log. Each gives what every decision adds, so that their
doubt can be had by resampling.

Formulas as in Saito, Aihara, Matsutani, Narita: Open Bandit Dataset and Pipeline, NeurIPS 2021, arXiv:2008.07146.
"""

from dataclasses import dataclass

import numpy as np

from learning.distributions import Array
from learning.evaluation.log import Log


@dataclass(frozen=True, eq=False)
class Terms:
    """An estimate as one sum over another, with a term of each for every decision."""

    above: Array
    below: Array

    @property
    def estimate(self) -> float:
        """The planner's value a decision; nan when nothing of the log fits it."""
        below = float(self.below.sum())
        return float(self.above.sum()) / below if below else float("nan")


def ips(log: Log) -> Terms:
    """Inverse propensity score: unbiased, but one heavy weight spoils it (Horvitz and Thompson 1952)."""
    return Terms(log.weights * log.rewards, np.ones_like(log.rewards))


def snips(log: Log) -> Terms:
    """Self-normalised: over the weights' sum rather than the count (Swaminathan and Joachims, NeurIPS 2015)."""
    weights = log.weights
    return Terms(weights * log.rewards, weights)


def direct(log: Log, predicted: Array) -> Terms:
    """The direct method: what a model of the reward says of the new odds; as biased as the model.

    `predicted` is the expected reward of every option, rows by options.
    """
    return Terms((log.target * predicted).sum(axis=1), np.ones_like(log.rewards))


def doubly_robust(log: Log, predicted: Array) -> Terms:
    """The direct method with the model's errors added back by weight: right when the model or the propensities are
    (Dudík, Langford, Li, ICML 2011)."""
    return _corrected(log, predicted, log.weights)


def shrunk(log: Log, predicted: Array, strength: float | None = None) -> Terms:
    """DRos: doubly robust with weights shrunk towards 0, ŵ = λw / (w² + λ), for less spread at the price of
    some bias (Su, Dimakopoulou, Krishnamurthy, Dudík, ICML 2020).

    Without a strength λ, the one with the least estimated squared error is taken.
    """
    if strength is None:
        strength = min(_STRENGTHS, key=lambda each: _squared_error(log, predicted, each))
    return _corrected(log, predicted, _shrink(log.weights, strength))


_STRENGTHS = (0.0, 1.0, 10.0, 100.0, 1_000.0, 10_000.0, float("inf"))


def _shrink(weights: Array, strength: float) -> Array:
    if strength == float("inf"):
        return weights
    return strength * weights / (weights * weights + strength) if strength else np.zeros_like(weights)


def _corrected(log: Log, predicted: Array, weights: Array) -> Terms:
    errors = log.rewards - predicted[np.arange(len(log.rewards)), log.places]
    model = (log.target * predicted).sum(axis=1)
    return Terms(model + weights * errors, np.ones_like(log.rewards))


def _squared_error(log: Log, predicted: Array, strength: float) -> float:
    """The variance of the estimate, and the square of an upper bound on its bias."""
    weights, count = log.weights, len(log.rewards)
    lost = weights - _shrink(weights, strength)
    errors = lost * (log.rewards - predicted[np.arange(count), log.places])
    bias = abs(float(errors.mean())) + float(errors.std()) / np.sqrt(count)
    terms = _corrected(log, predicted, _shrink(weights, strength)).above
    return float(terms.var()) / count + bias * bias
