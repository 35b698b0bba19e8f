"""Journeys as SVG; tests/browser looks at them in a real browser."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from journeys.drawing.svg import Count, draw_figure, draw_svg
from journeys.loader import load_journey
from tests.drawing.conftest import EVERY_STEP, FILES, name_of


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_every_box_says_all_of_it_to_who_cannot_see_it(file: Path) -> None:
    root = ET.fromstring(draw_svg(load_journey(file)))
    groups = root.findall("{http://www.w3.org/2000/svg}g")
    assert groups
    assert all(group.findtext("{http://www.w3.org/2000/svg}title") for group in groups)
    assert root.get("aria-label")


def test_counts_stand_at_their_steps_only() -> None:
    figure = draw_figure(load_journey(EVERY_STEP), {"wait_1": Count(here=12, done=340), "send_3": Count(done=7)})
    root = ET.fromstring(figure)
    told = {
        group.get("data-step"): "".join(group.itertext()) for group in root.iter("g") if group.get("data-step")
    }
    assert "12 here" in told["wait_1"]
    assert "340 done" in told["wait_1"]
    assert "7 done" in told["send_3"]
    assert [step for step, text in told.items() if " here" in text] == ["wait_1"]


def test_a_figure_of_a_page_brings_no_style_of_its_own() -> None:
    """The console's security policy lets no inline style in."""
    assert "style" not in draw_figure(load_journey(EVERY_STEP), {})
