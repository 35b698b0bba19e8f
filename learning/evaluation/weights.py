"""How much of the log speaks for the other planner."""

from dataclasses import dataclass

from learning.evaluation.log import Log


@dataclass(frozen=True)
class Weights:
    """Diagnostics of the weights."""

    decisions: int
    effective: float
    """How many decisions of the new planner's own the log is worth: (Σw)² / Σw² (Kish 1965)."""
    largest: float
    mean: float
    """About 1 when the propensities are right; far from it, the log is not what it says."""
    unused: float
    """The share of decisions that the new planner would never take."""


def diagnose(log: Log) -> Weights:
    """Diagnose the weights of a log; all zero for an empty one."""
    weights = log.weights
    if not len(weights):
        return Weights(0, 0.0, 0.0, 0.0, 0.0)
    squares = float(weights @ weights)
    return Weights(
        len(weights),
        float(weights.sum()) ** 2 / squares if squares else 0.0,
        float(weights.max()),
        float(weights.mean()),
        float((weights == 0).mean()),
    )
