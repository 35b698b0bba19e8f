"""A planner's decision, as far as guardrails look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Logged:
    """One decision of the log."""

    at: datetime
    decision: str
    learns: bool
    """Whether its planner learns from it."""
    features: Mapping[str, float]
    probabilities: Mapping[str, float]
    option: str
    credit: float | None
    """What it counts with; None while it does not count."""
    expected: float | None = None
    """What it was expected to count with; None from planners that had learned nothing."""
    settled: bool = False
    """Whether nothing more can come of it, so that `credit` is what it came to. What counts earlier counts because
    something happened, and is more than what all such decisions come to."""
