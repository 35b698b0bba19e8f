"""The picture of a journey as SVG, with the console's colours and type, in light and in dark."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby

from journeys.drawing.layout import LINE, SMALL, TEXT, Box, Layout, Line, Point, lay_out
from journeys.model import Journey

_HEAD = 64.0
_CURVE = 7.0
_BADGE_EM = 6.8
_ROUND = {"wait": 16.0, "start": 16.0, "end": 14.0, "stop": 14.0, "goal": 14.0, "decide": 2.0, "way": 6.0}

RULES = """\
.drawing text { font: 13px var(--sans); fill: var(--ink); }
.drawing .name { font: 26px var(--serif); }
.drawing .soft, .drawing .way text { fill: var(--soft); }
.drawing .id { font: 11px var(--mono); fill: var(--soft); }
.drawing .flow { fill: none; stroke: var(--wait); stroke-width: 1.5; }
.drawing .arrow { fill: var(--wait); }
.drawing rect { fill: var(--sheet); stroke: var(--wait); }
.drawing .way rect { fill: var(--paper); stroke: none; }
.drawing .wait rect { fill: var(--sunk); }
.drawing .act rect { stroke: var(--accent); stroke-width: 1.5; }
.drawing .ask rect { fill: var(--busy-wash); stroke: var(--busy); }
.drawing .decide rect { fill: var(--calm-wash); stroke: var(--calm); }
.drawing .start rect { fill: var(--accent); stroke: var(--accent); }
.drawing .start text { fill: var(--on-accent); }
.drawing .goal rect { fill: var(--good-wash); stroke: var(--good); }
.drawing .stop rect { fill: var(--bad-wash); stroke: var(--bad); }
.drawing .badge rect { fill: var(--ink); stroke: none; }
.drawing .badge text { font: 600 11px var(--sans); fill: var(--paper); text-anchor: middle; }
.drawing .badge.past rect { fill: var(--sheet); stroke: var(--wait); }
.drawing .badge.past text { fill: var(--soft); font-weight: 400; }
"""
"""How a drawing looks, in terms of the console's colours."""

_COLOURS = """\
.drawing {
  --paper: #f7f5f0; --sheet: #fffefb; --sunk: #f0ede6; --ink: #1f1e1b; --soft: #66625a; --wait: #b9b2a4;
  --accent: #1f5a4b; --on-accent: #ffffff; --good: #256b4f; --good-wash: #e2f0e8; --busy: #885600;
  --busy-wash: #f9ecd2; --bad: #a8321f; --bad-wash: #f9e3de; --calm: #585f70; --calm-wash: #e9ebf0;
  --sans: -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif;
  --serif: "Iowan Old Style", Charter, "Palatino Linotype", Georgia, "Liberation Serif", serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
  background: var(--paper);
}
@media (prefers-color-scheme: dark) {
  .drawing {
    --paper: #151613; --sheet: #1d1e1a; --sunk: #24251f; --ink: #eceae3; --soft: #a5a196; --wait: #5c5a50;
    --accent: #86c7ae; --on-accent: #10231c; --good: #86c7a3; --good-wash: #1d3328; --busy: #e5b566;
    --busy-wash: #382c15; --bad: #f0917d; --bad-wash: #40211b; --calm: #aab2c5; --calm-wash: #292d36;
  }
}
"""


@dataclass(frozen=True)
class Count:
    """How many runs are at a step now, and how often it was done."""

    here: int = 0
    done: int = 0


def draw_svg(journey: Journey) -> str:
    """The picture as a file of its own, with its name above it and its colours in it."""
    layout = lay_out(journey)
    size = f'width="{layout.width:.0f}" height="{layout.height + _HEAD:.0f}"'
    box = f'viewBox="0 {-_HEAD:.0f} {layout.width:.0f} {layout.height + _HEAD:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" {size} {box} {_titled(journey)}>',
            f"<title>{escape(journey.journey)}</title>",
            f"<desc>{escape(journey.description or f'The journey {journey.journey}, step by step.')}</desc>",
            f"<style>\n{_COLOURS}{RULES}</style>",
            f'<text class="name" x="28" y="-26">{escape(journey.journey)}</text>',
            f'<text class="soft" x="28" y="-4">version {journey.version}, {escape(journey.owner)}</text>',
            *_body(layout, {}),
            "</svg>\n",
        ]
    )


def draw_figure(journey: Journey, counts: Mapping[str, Count]) -> str:
    """The picture for a page that has `RULES` and the colours already, with counts by step id."""
    layout = lay_out(journey)
    size = f'width="{layout.width:.0f}" height="{layout.height:.0f}"'
    box = f'viewBox="0 0 {layout.width:.0f} {layout.height:.0f}"'
    body = "\n".join(_body(layout, counts))
    title = f"<title>{escape(journey.journey)}</title>"
    return f'<svg class="drawing" {size} {box} {_titled(journey)}>\n{title}\n{body}\n</svg>'


def _titled(journey: Journey) -> str:
    return f'role="group" aria-label="{escape(journey.journey)}, drawn"'


def _body(layout: Layout, counts: Mapping[str, Count]) -> Iterator[str]:
    yield from (_line(line) for line in layout.lines)
    yield from (_arrow(line.points) for line in layout.lines if line.arrow)
    yield from (_box(box, counts.get(box.step_id, Count())) for box in layout.boxes)


def _line(line: Line) -> str:
    """A line with rounded corners."""
    points = [point for point, _ in groupby(line.points)]
    path = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.append(f"L{_at(_toward(corner, before))}Q{_at(corner)} {_at(_toward(corner, after))}")
    return f'<path class="flow" d="{"".join(path)}L{_at(points[-1])}"/>'


def _toward(corner: Point, other: Point) -> Point:
    """The point near a corner where its curve begins, on the way to the other point."""
    (x, y), (to_x, to_y) = corner, other
    length = abs(to_x - x) + abs(to_y - y)
    part = min(_CURVE, length / 2) / length
    return x + (to_x - x) * part, y + (to_y - y) * part


def _arrow(points: tuple[Point, ...]) -> str:
    (x0, _), (x, y) = points[-2], points[-1]
    tip = f"M{_at((x, y))}l-7 -4.5v9z" if x0 != x else f"M{_at((x, y))}l-4.5 -7h9z"
    return f'<path class="arrow" d="{tip}"/>'


def _box(box: Box, count: Count) -> str:
    radius = _ROUND.get(box.kind, 8.0)
    middle = box.x + box.width / 2
    shape = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="{radius:g}"'
    named, y = len(box.id_lines), box.y + (box.height - LINE * (len(box.id_lines) + len(box.lines))) / 2 + TEXT
    ids = [_text(middle, y + row * LINE - (TEXT - SMALL) / 2, line, "id") for row, line in enumerate(box.id_lines)]
    said = [_text(middle, y + row * LINE, line) for row, line in enumerate(box.lines, start=named)]
    title = escape(f"{box.step_id}: {box.says}" if box.step_id else box.says)
    kind = f'<g class="{box.kind}" data-step="{box.step_id}">' if box.step_id else f'<g class="{box.kind}">'
    return f"{kind}<title>{title}</title><rect {shape}/>{''.join([*ids, *said])}{_badges(box, count)}</g>"


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(text)}</text>'


def _badges(box: Box, count: Count) -> str:
    """Small counts on the upper edge of a box: on the right how many are here, on the left how often done."""
    here = _badge(f"{count.here} here", box.x + box.width + 6, box.y, "badge", end=True) if count.here else ""
    done = _badge(f"{count.done} done", box.x - 6, box.y, "badge past", end=False) if count.done else ""
    return here + done


def _badge(text: str, x: float, y: float, kind: str, *, end: bool) -> str:
    wide = _BADGE_EM * len(text) + 10
    left = x - wide if end else x
    shape = f'x="{left:.1f}" y="{y - 9:.1f}" width="{wide:.1f}" height="17" rx="8.5"'
    return f'<g class="{kind}"><rect {shape}/><text x="{left + wide / 2:.1f}" y="{y + 3.5:.1f}">{text}</text></g>'


def _at(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
