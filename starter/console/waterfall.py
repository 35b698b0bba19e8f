"""A trace as rows with bars, readable though an hour of waiting stands beside a second of sending.

Positions are per cent of the width. On the `even` scale each stretch between two moments at which anything
began or ended takes room by the logarithm of its length, so order and overlap stay true and nothing vanishes;
on the `true` scale a minute is as wide as any other.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from starter.runs.trees import in_tree_order
from store.tables import Span

ScaleKind = Literal["even", "true"]
_LEAST_WEIGHT = 0.5
_TICK_ROOM = 12.0


@dataclass(frozen=True)
class Tick:
    """A moment named on the axis, by its distance from the start."""

    at: float
    offset: timedelta


@dataclass(frozen=True)
class Row:
    """A span, its place in the tree and on the axis."""

    span: Span
    depth: int
    start: float
    end: float
    offset: timedelta
    length: timedelta
    parent: bool
    """Whether other spans stand below it, so that its bar is drawn as their frame."""


@dataclass(frozen=True)
class Waterfall:
    rows: list[Row]
    ticks: list[Tick]


def waterfall(spans: Sequence[Span], kind: ScaleKind = "even") -> Waterfall:
    """Lay out the spans of one trace, parents before children. A span whose parent is missing is a root."""
    if not spans:
        return Waterfall([], [])
    scale = _Scale(spans, kind)
    parents = {span.parent_id for span in spans}
    rows = [
        Row(
            span=span,
            depth=depth,
            start=scale.at(span.started_at),
            end=scale.at(span.ended_at),
            offset=span.started_at - scale.begin,
            length=span.ended_at - span.started_at,
            parent=span.span_id in parents,
        )
        for span, depth in in_tree_order(spans)
    ]
    return Waterfall(rows, scale.ticks())


class _Scale:
    """Turns moments into positions."""

    def __init__(self, spans: Sequence[Span], kind: ScaleKind) -> None:
        self._moments = sorted({moment for span in spans for moment in (span.started_at, span.ended_at)})
        self.begin = self._moments[0]
        weights = [_weight(b - a, kind) for a, b in pairwise(self._moments)]
        self._total = sum(weights) or 1.0
        self._edges = [0.0]
        for weight in weights:
            self._edges.append(self._edges[-1] + weight)

    def at(self, moment: datetime) -> float:
        place = bisect_right(self._moments, moment) - 1
        return 100 * self._edges[place] / self._total

    def ticks(self) -> list[Tick]:
        """Moments with room for their name between them, from the start."""
        ticks: list[Tick] = []
        for moment in self._moments:
            tick = Tick(self.at(moment), moment - self.begin)
            if not ticks or self._has_room(ticks[-1], tick):
                ticks.append(tick)
        return ticks

    def _has_room(self, before: Tick, tick: Tick) -> bool:
        told_apart = (tick.offset - before.offset) >= max(timedelta(milliseconds=1), tick.offset / 100)
        return told_apart and before.at + _TICK_ROOM <= tick.at <= 100 - _TICK_ROOM / 2


def _weight(gap: timedelta, kind: ScaleKind) -> float:
    seconds = gap.total_seconds()
    return seconds if kind == "true" else max(_LEAST_WEIGHT, math.log10(1 + seconds))
