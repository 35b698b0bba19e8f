"""Conditions over how many events of a name a run has heard."""

from pathlib import Path

import pytest

from journeys.conditions import check_condition
from journeys.counting import counted
from journeys.loader import load_journey
from journeys.model import Journey
from yamlfile import FileProblems


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ('run.events["Product Viewed"] >= 2', {"Product Viewed"}),
        ("run.events['A b'] > 0 || run.events.Left == 1", {"A b", "Left"}),
        ("event.names.exists(n, run.events['Opened'] > 1)", {"Opened"}),
        ("event.events['Opened'] > 1", set[str]()),
        ("run.reminder.opened", set[str]()),
    ],
)
def test_the_events_that_a_condition_counts_are_named_in_it(condition: str, names: set[str]):
    assert counted(condition) == names


@pytest.mark.parametrize(
    "condition",
    ["run.events[event.name] > 1", "size(run.events) > 1", "run.events['a\\'b'] > 1", "run.events['']>1"],
)
def test_a_count_of_no_plain_name_is_refused(condition: str):
    with pytest.raises(ValueError, match=r'write run\.events\["Product Viewed"\]'):
        check_condition(condition)


JOURNEY = """
journey: j
owner: o
start: {event: Go}
goal: {event: Order Completed, where: 'run.events["Coupon Shown"] > 0'}
stop: [{event: Left, where: "run.events['Left'] > 1"}]
steps:
  - branch: [{if: "run.events['Product Viewed'] > 1", then: [{set: {run.views: "run.events['Page Viewed']"}}]}]
"""


def journey(tmp_path: Path, text: str = JOURNEY) -> Journey:
    file = tmp_path / "j.yaml"
    file.write_text(text, encoding="utf-8")
    return load_journey(file)


def test_a_run_hears_the_events_that_its_journey_counts_anywhere(tmp_path: Path):
    counts = {"Coupon Shown", "Left", "Product Viewed", "Page Viewed"}
    assert journey(tmp_path).counted() == counts
    assert journey(tmp_path).interests() == counts | {"Order Completed"}


@pytest.mark.parametrize(
    ("steps", "place"),
    [("- {id: events, wait: 1h}", "7:4"), ("- set: {run.events: '1'}", "7:3")],
)
def test_nothing_else_of_the_run_is_called_events(steps: str, place: str, tmp_path: Path):
    text = f"journey: j\nowner: o\nstart: {{event: Go}}\n\n\nsteps:\n{steps}\n"
    with pytest.raises(FileProblems, match=f":{place}: 'events' is how conditions count events"):
        journey(tmp_path, text)
