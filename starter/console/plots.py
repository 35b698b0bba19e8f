"""Where things stand in the plots of a page; templates draw them. All lengths are in units of the drawing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from learning.experiments.comparing import Interval
from learning.experiments.course import Point

WIDTH, HEIGHT = 400, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 10, 26
BAR = 160
"""The width of an interval in a table."""


class Tick(NamedTuple):
    """A line of the scale, and what it says."""

    at: float
    says: str


@dataclass(frozen=True)
class Course:
    """An interval over time: a band around a line."""

    band: str
    line: str
    """The corners of both, as SVG writes points."""
    ticks: tuple[Tick, ...]
    zero: float
    begins: datetime
    ends: datetime


def draw_course(points: Sequence[Point]) -> Course | None:
    """The course of a difference of shares; None with fewer than two looks, which are no course."""
    if len(points) < 2:
        return None
    # The first looks know nearly nothing; the later ones must not be squeezed for them.
    settled = [point.difference for point in points[len(points) // 4 :]]
    low, high = _range(settled)
    across, begins, ends = WIDTH - _LEFT - _RIGHT, points[0].at, points[-1].at

    def x(point: Point) -> float:
        return round(_LEFT + across * ((point.at - begins) / (ends - begins)), 1)

    def y(value: float) -> float:
        inside = min(max(value, low), high)
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (high - inside) / (high - low), 1)

    upper = [f"{x(point)},{y(point.difference.high)}" for point in points]
    lower = [f"{x(point)},{y(point.difference.low)}" for point in reversed(points)]
    line = " ".join(f"{x(point)},{y(point.difference.estimate)}" for point in points)
    ticks = tuple(Tick(y(value), f"{value:+.1%}") for value in (low, (low + high) / 2, high))
    return Course(" ".join(upper + lower), line, ticks, y(0.0), begins, ends)


@dataclass(frozen=True)
class Bar:
    """An interval on a scale that it shares with others."""

    low: float
    at: float
    high: float
    zero: float


def draw_bars(intervals: Iterable[Interval]) -> list[Bar]:
    """Intervals below each other, on one scale that holds zero."""
    drawn = list(intervals)
    if not drawn:
        return []
    low, high = _range(drawn)

    def x(value: float) -> float:
        return round(4 + (BAR - 8) * (value - low) / (high - low), 1)

    return [Bar(x(each.low), x(each.estimate), x(each.high), x(0.0)) for each in drawn]


def _range(intervals: Sequence[Interval]) -> tuple[float, float]:
    """From where to where they reach; zero is always in it."""
    low = min(0.0, *(each.low for each in intervals))
    high = max(0.0, *(each.high for each in intervals))
    return (low, high) if high > low else (low - 0.01, high + 0.01)
