"""What happened after messages, hour by hour, judged by CUSUM.

An hour is of the messages that were sent in it. What comes of them is heard of for days, so that the hours of the
last days stay open: at each look they are counted anew, on top of the score of the hours that are settled. What is
not heard of yet counts as well, so an open hour never says more harm than it will in the end; and it says it as
soon as it is heard of.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from journeys.guardrails import Margin, Rate
from learning.guardrails.cusum import THRESHOLD, Watch
from learning.guardrails.level import Level, Reading


@dataclass(frozen=True)
class Counted:
    """The messages or visits of one hour, and after how many of them it happened."""

    happened: int
    of: int


@dataclass(frozen=True)
class Amounts:
    """The amounts of one hour, such as the margins of its orders."""

    values: Sequence[float]


@dataclass(frozen=True)
class Judged:
    """What a stream says, and the score with which its next hours go on."""

    score: float
    reading: Reading


def judge_rate(
    score: float, settling: Sequence[Counted], still_open: Sequence[Counted], rule: Rate, unit: str = "messages"
) -> Judged:
    """Judge how often something happened. `score` is that of all hours before these, `unit` what is counted."""
    usual, harmful = rule.usual / 100, rule.harmful / 100
    watch = Watch(score=score)
    for hour in settling:
        watch = watch.after_events(hour.happened, hour.of, usual, harmful)
    settled = watch.score
    for hour in still_open:
        watch = watch.after_events(hour.happened, hour.of, usual, harmful)
    happened = sum(hour.happened for hour in (*settling, *still_open))
    of = sum(hour.of for hour in (*settling, *still_open))
    share = f", {happened / of:.2%}" if of else ""
    at_once = rule.at_once is not None and _too_many(still_open, rule.at_once)
    why = f"{happened} of {of} {unit}{share}, where {rule.usual:g} % is usual and {rule.harmful:g} % harmful"
    return Judged(settled, _reading(watch, why, at_once=at_once).capped(rule.then))


def judge_mean(score: float, settling: Sequence[Amounts], still_open: Sequence[Amounts], rule: Margin) -> Judged:
    """Judge the mean of amounts. `score` is that of all hours before these."""
    watch, settled = Watch(score=score), score
    for place, hour in enumerate((*settling, *still_open)):
        if hour.values:
            mean = sum(hour.values) / len(hour.values)
            watch = watch.after_mean(mean, len(hour.values), rule.usual, rule.harmful, rule.deviation)
        settled = watch.score if place < len(settling) else settled
    values = [value for hour in (*settling, *still_open) for value in hour.values]
    mean = f"{sum(values) / len(values):.2f}" if values else "nothing yet"
    why = f"{len(values)} orders with a mean of {mean}, where {rule.usual:g} is usual and {rule.harmful:g} harmful"
    return Judged(settled, _reading(watch, why).capped(rule.then))


def _too_many(hours: Sequence[Counted], percent: float) -> bool:
    happened, of = sum(hour.happened for hour in hours), sum(hour.of for hour in hours)
    return happened >= _ENOUGH and happened / of >= percent / 100


def _reading(watch: Watch, why: str, *, at_once: bool = False) -> Reading:
    level = Level.ACT if at_once else watch.level
    return Reading(level, round(watch.score, 3), round(THRESHOLD, 3), why)


_ENOUGH = 5
"""Fewer cases are no rate: one complaint about a hundred messages is an accident, five are none."""
