"""Journeys as Mermaid flowcharts: the same text as the ones kept beside this file.

When a change of the drawing is meant, write the golden files anew with `sojourn journey draw`.
"""

import re
from pathlib import Path

import pytest

from journeys.drawing.mermaid import draw_mermaid
from journeys.loader import load_journey
from journeys.model import Journey
from journeys.steps import walk
from tests.drawing.conftest import EVERY_STEP, FILES, name_of

RETAIL = Path(__file__).parents[2] / "examples" / "retail" / "journeys" / "browse-abandonment.yaml"
GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("file", [RETAIL, EVERY_STEP], ids=name_of)
def test_a_journey_is_drawn_as_it_was(file: Path) -> None:
    assert draw_mermaid(load_journey(file)) == (GOLDEN / f"{file.stem}.mmd").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_every_arrow_joins_two_nodes_and_every_step_is_reached(file: Path) -> None:
    journey = load_journey(file)
    chart = draw_mermaid(journey)
    nodes = set(re.findall(r"^  (\w+)[\[({]", chart, re.M))
    sources = re.findall(r"^  (\w+) --", chart, re.M)
    targets = re.findall(r"--> (\w+)$", chart, re.M)
    assert {*sources, *targets} <= nodes
    assert {f"step_{step.id}" for step in walk(journey.steps)} <= set(targets)


def test_what_a_condition_says_cannot_break_out_of_its_quotes() -> None:
    journey = Journey.model_validate(
        {
            "journey": "quoting",
            "owner": "o",
            "start": {"event": "Start", "where": 'event.a == "</text><b>" && event.b < 3'},
            "steps": [{"id": "end", "stop": 'it said "end"; #1'}],
        }
    )
    chart = draw_mermaid(journey)
    assert "event.a == #quot;#lt;/text#gt;#lt;b#gt;#quot; #amp;#amp; event.b #lt; 3" in chart
    assert 'step_end(["end<br>stop: it said #quot;end#quot;; #35;1"])' in chart
