"""Exploration: whether the learner still tries, and does not only try."""

from collections.abc import Mapping, Sequence

from learning.guardrails.level import Level

_LEAST, _MOST = 0.02, 0.40


def exploration(spreads: Sequence[Mapping[str, float]]) -> float:
    """One less the mean odds of the likeliest option, over decisions with a choice; 0 without any."""
    chosen = [1 - max(spread.values()) for spread in spreads if len(spread) > 1]
    return sum(chosen) / len(chosen) if chosen else 0.0


def exploring(ratio: float) -> Level:
    """Warn below 2 %, where nothing new is learned, and above 40 %, where nothing is made of it.

    It is never a reason to roll back.
    """
    return Level.CALM if _LEAST <= ratio <= _MOST else Level.WARN
