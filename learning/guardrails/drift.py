"""Drift: whether customers, features or scores still look as they did when the model learned. The population
stability index (Siddiqi: Credit Risk Scorecards, 2006)."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from journeys.guardrails import Drift
from learning.guardrails.level import Level, Reading, worst
from learning.guardrails.log import Logged

_HALF = 0.5


def judge_drift(before: Sequence[Logged], after: Sequence[Logged], rule: Drift) -> Reading | None:
    """Judge every feature and the rewards of the decisions that are learned from; None where there are too few.

    What was not known of a customer counts as 0, as the planner takes it.
    """
    readings = [
        Reading(drift(index, rule), round(index, 4), rule.act, f"{what} of {decision} against the month before")
        for decision in sorted({row.decision for row in after if row.learns})
        for what, index in _indices(_at(before, decision), _at(after, decision), rule.at_least)
    ]
    found = worst(readings)
    return found.capped(rule.then) if found else None


def drift(index: float, rule: Drift) -> Level:
    """Warn from one index, act from a higher one."""
    return Level.ACT if index >= rule.act else Level.WARN if index >= rule.warn else Level.CALM


def stability(expected: Sequence[float], actual: Sequence[float]) -> float:
    """The index of two counts over the same bins: Σ (a - e) ln(a / e) of their shares.

    Half a count is added to every bin, so that an empty one is finite. Raises ValueError when the bins differ
    or one of the sides is empty.
    """
    if len(expected) != len(actual) or sum(expected) <= 0 or sum(actual) <= 0:
        raise ValueError("both sides need the same bins, and something in them")
    before = [count + _HALF for count in expected]
    after = [count + _HALF for count in actual]
    shares = zip((b / sum(before) for b in before), (a / sum(after) for a in after), strict=True)
    return sum((a - b) * math.log(a / b) for b, a in shares)


def binned(before: Sequence[float], after: Sequence[float], bins: int = 10) -> tuple[list[float], list[float]]:
    """The counts of numbers over bins that hold about as many of the earlier ones each."""
    edges = np.unique(np.quantile(before, np.linspace(0, 1, bins + 1)[1:-1]))
    places = [np.searchsorted(edges, side, side="right") for side in (before, after)]
    counts = [np.bincount(place, minlength=len(edges) + 1).astype(float).tolist() for place in places]
    return counts[0], counts[1]


def _indices(before: list[Logged], after: list[Logged], least: int) -> Iterator[tuple[str, float]]:
    """What is watched of one decision point, each with its index."""
    for name in sorted({name for row in (*before, *after) for name in row.features}):
        sides = [[row.features.get(name, 0.0) for row in side] for side in (before, after)]
        if min(map(len, sides)) >= least:
            yield f"the feature '{name}'", stability(*binned(sides[0], sides[1]))
    rewards = [[row.credit for row in side if row.credit is not None] for side in (before, after)]
    if min(map(len, rewards)) >= least:
        yield "the rewards", stability(*binned(rewards[0], rewards[1]))


def _at(rows: Sequence[Logged], decision: str) -> list[Logged]:
    return [row for row in rows if row.learns and row.decision == decision]
