"""`segments.yaml` is checked when it is read: every mistake at its line, with the name that was meant."""

from pathlib import Path

import pytest

from journeys.segments import conditions_of, load_segments
from journeys.shapes import Shapes
from yamlfile import FileProblems

SHAPES = Shapes.model_validate({"customer": {"plan": "string"}, "events": {"Order Placed": {}}})


def problems(folder: Path, text: str) -> list[str]:
    (folder / "segments.yaml").write_text(text)
    with pytest.raises(FileProblems) as told:
        load_segments(folder, SHAPES)
    return [str(problem).removeprefix(f"{folder}/segments.yaml:") for problem in told.value.problems]


def test_a_project_without_the_file_has_none(tmp_path: Path) -> None:
    assert load_segments(tmp_path, SHAPES) == {}


def test_a_segment_is_a_condition_or_one_with_a_description(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text(
        "vip: customer.orders.value > 500\n"
        "reachable:\n  if: customer.consents.marketing.email\n  description: May get our news\n"
    )
    found = load_segments(tmp_path, SHAPES)
    assert conditions_of(found, []) == {
        "vip": "customer.orders.value > 500",
        "reachable": "customer.consents.marketing.email",
    }
    assert found["reachable"].description == "May get our news"


def test_every_mistake_is_told_at_its_place(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        "a: customer.plam == 'pro'\n"
        "b:\n  if: customer.orders.count > 'two'\n"
        "c: customer.events['Order Place'].count > 1\n",
    ) == [
        "1:13: 'customer' has no 'plam' (did you mean 'plan'?)",
        "3:7: 'customer.orders.count' is an integer and ''two'' is a string: they never compare",
        "4:20: 'customer.events' has no 'Order Place' (did you mean 'Order Placed'?)",
    ]


def test_what_is_no_condition_and_no_name_is_told(tmp_path: Path) -> None:
    told = problems(tmp_path, "Big Ones: customer.orders.count > 1\nb: event.total > 3\nc: {iff: 'true'}\n")
    assert [each.split(":")[0] for each in told] == ["1", "2", "3", "3"]
    assert "it may use customer, now" in told[1]
