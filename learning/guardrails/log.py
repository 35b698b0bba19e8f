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
