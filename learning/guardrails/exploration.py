"""Exploration: whether the learner still tries, and does not only try."""

from collections.abc import Mapping, Sequence

from journeys.guardrails import Exploration
from learning.guardrails.level import Level, Reading
from learning.guardrails.log import Logged


def judge_exploration(rows: Sequence[Logged], rule: Exploration) -> Reading | None:
    """Warn where nothing new is learned, and where nothing is made of what was; None with too few decisions.

    It is never a reason to roll back.
    """
    spreads = [row.probabilities for row in rows if row.learns and len(row.probabilities) > 1]
    if len(spreads) < rule.at_least:
        return None
    ratio, low, high = exploration(spreads), rule.least / 100, rule.most / 100
    level = Level.CALM if low <= ratio <= high else Level.WARN
    why = f"{ratio:.1%} of {len(spreads)} choices are not the likeliest; {low:.0%} to {high:.0%} is right"
    return Reading(level, round(ratio, 4), low if ratio < low else high, why)


def exploration(spreads: Sequence[Mapping[str, float]]) -> float:
    """One less the mean odds of the likeliest option, over decisions with a choice; 0 without any."""
    chosen = [1 - max(spread.values()) for spread in spreads if len(spread) > 1]
    return sum(chosen) / len(chosen) if chosen else 0.0
