"""Where everything in the picture of a journey goes. Time runs down; ways that exclude each other stand side by
side; a way that leads back does so on the left.

A journey is made of blocks within blocks, and so is its picture: each part is laid out by itself around an axis
on which it is entered and left, and parts are only ever put beside or below each other. Nothing can overlap.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from journeys.drawing.text import MONO_EM, width, wrap, wrap_id
from journeys.drawing.ways import Way, ways
from journeys.model import Journey
from journeys.steps import Act, Approve, RunJourney, Send, Set, Step, Stop, Wait, WaitFor
from journeys.times import format_duration
from journeys.wording import say_start, say_step

Kind = Literal["start", "wait", "act", "ask", "decide", "stop", "end", "goal", "way"]
Point = tuple[float, float]

TEXT, SMALL = 13.0, 11.0
"""Sizes of type in pixels: of what a box says, and of its step's id."""
LINE = 18.0
"""From one line of text to the next."""
PAD = 12.0
_ROOM, _WAY_ROOM = 190.0, 180.0
_LEAST = 140.0
"""Every step is so wide at least that counts have their place on its corners, beside the line into it."""
_MOST_LINES = 6
_GAP, _FAN, _BESIDE, _MARGIN = 26.0, 16.0, 26.0, 28.0


@dataclass(frozen=True)
class Box:
    """A box and what it says; `x` and `y` are its upper left corner. `step_id` is empty for what is no step."""

    kind: Kind
    lines: tuple[str, ...]
    says: str
    """All of it, without breaks."""
    x: float
    y: float
    width: float
    height: float
    step_id: str = ""
    id_lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line through points, across and down; its end is an arrow when it leads into a step."""

    points: tuple[Point, ...]
    arrow: bool = False


@dataclass(frozen=True)
class Layout:
    """The whole picture."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class _Part:
    """A part of the picture around its axis, which is at x = 0; it is entered at y = 0 and left at `height`."""

    left: float
    right: float
    height: float
    boxes: list[Box] = field(default_factory=list[Box])
    lines: list[Line] = field(default_factory=list[Line])
    goes_on: bool = True

    def moved(self, dx: float, dy: float) -> "_Part":
        boxes = [replace(box, x=box.x + dx, y=box.y + dy) for box in self.boxes]
        lines = [replace(line, points=tuple((x + dx, y + dy) for x, y in line.points)) for line in self.lines]
        return replace(self, left=self.left + dx, right=self.right + dx, boxes=boxes, lines=lines)


def lay_out(journey: Journey) -> Layout:
    """The picture of a journey, from its start to its ends."""
    start = _box("start", f"When: {say_start(journey.start)}")
    flow = _below([start, *map(_step, journey.steps)])
    if flow.goes_on:
        flow = _below([flow, _box("end", "end")])
    always = _always(journey)
    left, right = min(flow.left, always.left), max(flow.right, always.right)
    top = _MARGIN + always.height + _GAP
    parts = [always.moved(_MARGIN - left, _MARGIN), flow.moved(_MARGIN - left, top)]
    return Layout(
        width=right - left + 2 * _MARGIN,
        height=top + flow.height + _MARGIN,
        boxes=tuple(box for part in parts for box in part.boxes),
        lines=tuple(line for part in parts for line in part.lines),
    )


def _always(journey: Journey) -> _Part:
    """What ends the journey at any time, in a row."""
    ends = [(match.event, match.where) for match in journey.stop]
    told = [_box("stop", f"At any time: stop on {event}{_where(where)}") for event, where in ends]
    if journey.goal:
        within = f" within {format_duration(journey.goal.within)}" if journey.goal.within else ""
        goal = f"At any time: goal {journey.goal.event}{_where(journey.goal.where)}{within}"
        told = [_box("goal", goal), *told]
    told.append(_box("stop", f"At the latest: after {format_duration(journey.life)}"))
    row, centre = _beside(told)
    return row.moved(-centre, 0)


def _where(condition: str) -> str:
    return "" if condition == "true" else f" where {condition}"


def _step(step: Step) -> _Part:
    box = _box(_kind(step), say_step(step), step.id)
    found = ways(step)
    return _fork(box, found) if found else replace(box, goes_on=not isinstance(step, Stop))


def _kind(step: Step) -> Kind:
    match step:
        case Wait() | WaitFor():
            return "wait"
        case Send() | Act() | Set() | RunJourney():
            return "act"
        case Approve():
            return "ask"
        case Stop():
            return "stop"
        case _:
            return "decide"


def _fork(box: _Part, found: list[Way]) -> _Part:
    """A step above the ways out of it, which meet again below it or lead back to it."""
    columns = [_column(way) for way in found]
    row, centre = _beside(columns)
    row = row.moved(-centre, box.height + 2 * _FAN)
    top, bottom = box.height + 2 * _FAN, box.height + 2 * _FAN + row.height
    axes = _axes(columns, -centre)
    lines = [Line(((0, box.height), (0, top - _FAN), (x, top - _FAN), (x, top))) for x in axes]
    back = [(x, column) for x, column, way in zip(axes, columns, found, strict=True) if way.back]
    onward = [(x, column) for x, column, way in zip(axes, columns, found, strict=True) if not way.back]
    left = min(row.left, box.left) - (_BESIDE if back else 0)
    level = bottom + (_FAN if back else 0)
    for x, column in back:
        if column.goes_on:
            side = (box.left, box.height / 2)
            lines.append(
                Line(((x, top + column.height), (x, level), (left, level), (left, side[1]), side), arrow=True)
            )
    goes_on = any(column.goes_on for _, column in onward)
    end = level + (_FAN if goes_on else 0)
    lines += [Line(((x, top + column.height), (x, end), (0, end))) for x, column in onward if column.goes_on]
    return _Part(
        left, max(row.right, box.right), end, [*box.boxes, *row.boxes], [*row.lines, *lines], goes_on=goes_on
    )


def _column(way: Way) -> _Part:
    return _below([_box("way", way.when), *map(_step, way.steps)])


def _below(parts: list[_Part]) -> _Part:
    """Parts below each other on one axis, each joined to the next."""
    y, goes_on = 0.0, True
    boxes, lines = list[Box](), list[Line]()
    for number, part in enumerate(parts):
        if number:
            if goes_on:
                lines.append(Line(((0, y), (0, y + _GAP)), arrow=True))
            y += _GAP
        placed = part.moved(0, y)
        boxes += placed.boxes
        lines += placed.lines
        y, goes_on = y + part.height, part.goes_on
    return _Part(min(p.left for p in parts), max(p.right for p in parts), y, boxes, lines, goes_on)


def _beside(parts: list[_Part]) -> tuple[_Part, float]:
    """Parts side by side from x = 0 on, and the middle between the first axis and the last."""
    axes = _axes(parts, 0)
    placed = [part.moved(x, 0) for x, part in zip(axes, parts, strict=True)]
    row = _Part(
        left=placed[0].left,
        right=placed[-1].right,
        height=max(part.height for part in parts),
        boxes=[box for part in placed for box in part.boxes],
        lines=[line for part in placed for line in part.lines],
    )
    return row, (axes[0] + axes[-1]) / 2


def _axes(parts: list[_Part], x: float) -> list[float]:
    """Where the axes of parts are that stand side by side from `x` on."""
    axes = list[float]()
    for part in parts:
        axes.append(x - part.left)
        x += part.right - part.left + _BESIDE
    return axes


def _box(kind: Kind, says: str, step_id: str = "") -> _Part:
    """A box as large as its text needs, by itself."""
    pad = PAD if kind != "way" else 4.0
    room = _ROOM if kind != "way" else _WAY_ROOM
    lines = wrap(says, room, TEXT, _MOST_LINES)
    wide = max(width(line, TEXT) for line in lines)
    id_lines = wrap_id(step_id, int(room / (MONO_EM * SMALL))) if step_id else []
    wide = max([wide, *(len(line) * MONO_EM * SMALL for line in id_lines), _LEAST if step_id else 0])
    across, tall = wide + 2 * pad, LINE * (len(id_lines) + len(lines)) + 2 * min(pad, 9)
    box = Box(kind, tuple(lines), says, -across / 2, 0, across, tall, step_id, tuple(id_lines))
    return _Part(-across / 2, across / 2, tall, [box])
