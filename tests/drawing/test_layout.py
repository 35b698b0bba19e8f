"""Where things go: nothing overlaps, no line crosses a box, whatever the journey."""

from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.drawing.layout import Box, Layout, lay_out
from journeys.loader import load_journey
from journeys.model import Journey
from journeys.steps import walk
from tests.drawing.conftest import FILES, name_of

Given = dict[str, Any]

_WORDS = st.sampled_from(
    ["true", "run.first.opened", "customer.visits > 3 && customer.orders_in_the_last_year < 2"]
)
_EVENTS = st.sampled_from(["Cart Updated", "Order Completed", "An Event With Quite A Long Name Of Its Own"])
_PLAIN = st.one_of(
    st.builds(lambda text: {"wait": text}, st.sampled_from(["30m", "next day at 10:00"])),
    st.builds(lambda content: {"send": "email", "content": content}, st.sampled_from(["x", "a-rather-long-name"])),
    st.just({"stop": "enough"}),
    st.just({"run": "another"}),
)


def _nested(step: st.SearchStrategy[Given]) -> st.SearchStrategy[Given]:
    some, any_ = st.lists(step, min_size=1, max_size=3), st.lists(step, max_size=3)
    return st.one_of(
        st.builds(
            lambda cases, other: {"branch": [{"if": c, "then": t} for c, t in cases], "otherwise": other},
            st.lists(st.tuples(_WORDS, any_), min_size=1, max_size=3),
            any_,
        ),
        st.builds(
            lambda event, own, then, other: {
                "wait_for": [{"event": event, "then": own}, "Other"],
                "within": "1d",
                "then": then,
                "otherwise": other,
            },
            _EVENTS,
            any_,
            any_,
            any_,
        ),
        st.builds(lambda other: {"send": "push", "content": "x", "otherwise": other}, some),
        st.builds(
            lambda a, b: {"split": "s", "arms": [{"arm": "a", "then": a}, {"arm": "b", "then": b}]}, any_, any_
        ),
        st.builds(lambda ways: {"choose": "c", "options": _options(ways)}, st.lists(any_, min_size=1, max_size=3)),
        st.builds(
            lambda ways, then: {
                "agent": "a",
                "goal": "G",
                "horizon": "9d",
                "actions": _options(ways),
                "then": then,
            },
            st.lists(any_, min_size=1, max_size=2),
            any_,
        ),
        st.builds(lambda steps: {"repeat": 3, "while": "run.first.opened", "steps": steps}, some),
        st.builds(lambda then: {"approve": "marketing", "about": "is it good?", "then": then}, any_),
    )


def _options(ways: list[list[Given]]) -> list[Given]:
    return [{"option": f"way_{number}", "then": then} for number, then in enumerate(ways)]


JOURNEYS = st.builds(
    lambda steps, goal: Journey.model_validate(
        {
            "journey": "drawn",
            "owner": "o",
            "start": {"event": "Start"},
            "goal": goal,
            "stop": ["Stop"],
            "steps": steps,
        }
    ),
    st.lists(st.recursive(_PLAIN, _nested, max_leaves=14), min_size=1, max_size=5),
    st.none() | _EVENTS,
)


@given(JOURNEYS)
def test_no_journey_is_drawn_over_itself(journey: Journey) -> None:
    _check(lay_out(journey))


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_no_example_is_drawn_over_itself(file: Path) -> None:
    _check(lay_out(load_journey(file)))


@given(JOURNEYS)
def test_every_step_has_its_box(journey: Journey) -> None:
    drawn = [box.step_id for box in lay_out(journey).boxes if box.step_id]
    assert sorted(drawn) == sorted(step.id for step in walk(journey.steps))


@given(JOURNEYS)
def test_every_arrow_leads_to_a_box(journey: Journey) -> None:
    layout = lay_out(journey)
    tips = [line.points[-1] for line in layout.lines if line.arrow]
    assert all(any(_touches(box, *tip) for box in layout.boxes) for tip in tips)


def _check(layout: Layout) -> None:
    for box in layout.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height
    for one, other in combinations(layout.boxes, 2):
        assert not _overlap(one, other), (one, other)
    for line in layout.lines:
        for (x0, y0), (x1, y1) in pairwise(line.points):
            assert x0 == pytest.approx(x1) or y0 == pytest.approx(y1), "lines go across and down only"
            assert not any(_crosses(box, x0, y0, x1, y1) for box in layout.boxes), line


def _overlap(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def _crosses(box: Box, x0: float, y0: float, x1: float, y1: float) -> bool:
    """Whether a straight line runs through the inside of a box; along its edge it may."""
    slack = 0.01
    across = min(x0, x1) < box.x + box.width - slack and max(x0, x1) > box.x + slack
    return across and min(y0, y1) < box.y + box.height - slack and max(y0, y1) > box.y + slack


def _touches(box: Box, x: float, y: float) -> bool:
    slack = 0.01
    return box.x - slack <= x <= box.x + box.width + slack and box.y - slack <= y <= box.y + box.height + slack
