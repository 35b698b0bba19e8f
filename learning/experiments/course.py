"""How the difference between two arms moved: what would have been said at every look so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from learning.experiments.arms import Seen, Span, count
from learning.experiments.comparing import Interval
from learning.experiments.look import Look
from learning.experiments.report import Rules
from learning.experiments.samples import Sample


@dataclass(frozen=True)
class Point:
    """One look, at a time in UTC: the difference of the conversion rates, with bounds that hold at every look."""

    at: datetime
    difference: Interval


def course(
    seen: Sequence[Seen], rules: Rules, arms: tuple[str, str], end: datetime, looks: int = 40
) -> tuple[Point, ...]:
    """What was to be said of a control and a treatment at equal steps until `end`, from the first on that had two
    customers in both, whose windows were over."""
    span, first = Span(rules.window, rules.window, rules.started, end), rules.started + rules.window
    over = sorted((each for each in seen if each.since >= rules.started), key=lambda each: each.since)
    look = Look(rules.planned).shared(len(rules.weights) - 1)
    sums, points, place = {arm: Sample() for arm in arms}, list[Point](), 0
    for number in range(1, looks + 1):
        at, before = first + (end - first) * number / looks, place
        while place < len(over) and over[place].since + rules.window <= at:
            place += 1
        for arm in arms:
            sums[arm] += count(arm, [each for each in over[before:place] if each.arm == arm], span).conversions
        if min(sample.customers for sample in sums.values()) > 1:
            points.append(Point(at, look.tell(sums[arms[0]], sums[arms[1]]).difference))
    return tuple(points)
