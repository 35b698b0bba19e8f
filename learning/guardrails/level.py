"""How bad a guardrail is, and what one look at it says."""

from dataclasses import dataclass, replace
from enum import IntEnum

from journeys.guardrails import Then


class Level(IntEnum):
    """Worse ones are greater."""

    CALM = 0
    WARN = 1
    """Tell the operators."""
    ACT = 2
    """Roll back to business as usual, and lower the autonomy tier."""


@dataclass(frozen=True)
class Reading:
    """One look at a guardrail: how bad it is, the number that says so beside the one at which it acts, and why."""

    level: Level
    value: float
    limit: float
    why: str

    def capped(self, then: Then) -> "Reading":
        """As the project wants it, which may want to be told only."""
        return replace(self, level=min(self.level, Level.WARN)) if then == "warn" else self


def worst(readings: list[Reading]) -> Reading | None:
    """The reading that matters most: of the worst level the one farthest towards its limit."""
    return max(readings, key=lambda each: (each.level, each.value / each.limit), default=None)
