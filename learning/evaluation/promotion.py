"""Whether another planner may take over, by the log alone. Weak evidence is refused, and it is said why."""

from dataclasses import dataclass

import numpy as np

from learning.distributions import Array
from learning.evaluation.estimators import Terms, direct, doubly_robust, ips, shrunk, snips
from learning.evaluation.intervals import bootstrap
from learning.evaluation.log import Log
from learning.evaluation.weights import Weights, diagnose
from learning.experiments.comparing import Interval


@dataclass(frozen=True)
class Demands:
    """What the evidence must reach."""

    effective: float = 500
    """Decisions, at the least."""
    largest: float = 50
    """Weight, at the most."""
    confidence: float = 0.95


@dataclass(frozen=True)
class Evidence:
    """All estimates of the other planner's value a decision, and what they are worth."""

    baseline: Interval
    """What the planner that acted brought."""
    estimates: dict[str, Interval]
    """By estimator: IPS, SNIPS, DM, DR, DRos."""
    weights: Weights
    refused: tuple[str, ...]
    """Why the planner may not take over; empty when it may."""

    @property
    def promoted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.refused


def judge(log: Log, predicted: Array, demands: Demands | None = None, draws: int = 1_000) -> Evidence:
    """Estimate the other planner's value and judge the evidence. Raises ValueError for an empty log.

    `predicted` is the expected reward of every option, rows by options, from a model fitted in folds.
    """
    demands = demands or Demands()
    terms = {
        "IPS": ips(log),
        "SNIPS": snips(log),
        "DM": direct(log, predicted),
        "DR": doubly_robust(log, predicted),
        "DRos": shrunk(log, predicted),
    }
    acted = Terms(log.rewards, np.ones_like(log.rewards))
    baseline = bootstrap(acted, log.units, draws, demands.confidence)
    estimates = {name: bootstrap(each, log.units, draws, demands.confidence) for name, each in terms.items()}
    weights = diagnose(log)
    return Evidence(baseline, estimates, weights, _refused(weights, estimates["DR"], baseline, demands))


def _refused(weights: Weights, robust: Interval, baseline: Interval, demands: Demands) -> tuple[str, ...]:
    reasons: list[str] = []
    if weights.effective < demands.effective:
        reasons.append(
            f"the log is worth {weights.effective:.0f} of its own decisions, and "
            f"{demands.effective:.0f} are asked: let it run longer, explore more, or change less at once"
        )
    if weights.largest > demands.largest:
        reasons.append(
            f"one decision weighs {weights.largest:.1f} times, and {demands.largest:.0f} are allowed: "
            "the estimate hangs on few customers; raise the floor of exploration"
        )
    if not robust.low > baseline.estimate:
        reasons.append(
            f"it may be no better: the lower bound of DR is {robust.low:.4g}, what runs now brings "
            f"{baseline.estimate:.4g}"
        )
    return tuple(reasons)
