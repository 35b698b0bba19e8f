"""What differs between two versions of a journey."""

from journeys.difference import as_diff, compare
from tests.versions.conftest import journey

OLD = journey("[{id: rest, wait: 3d}, {id: look, branch: [{if: run.x, then: [{id: bye, stop: x}]}]}]")


def test_the_same_text_differs_in_nothing() -> None:
    assert not compare(OLD, OLD)
    assert as_diff(OLD, OLD) == ""


def test_steps_come_and_go_by_their_ids() -> None:
    new = journey("[{id: pause, wait: 3d}, {id: look, branch: [{if: run.x, then: [{id: bye, stop: x}]}]}]")
    found = compare(OLD, new)
    assert [step.id for step in found.added] == ["pause"]
    assert [step.id for step in found.removed] == ["rest"]
    assert found.changed == []


def test_a_change_inside_a_step_is_the_inner_steps_own() -> None:
    new = journey("[{id: rest, wait: 3d}, {id: look, branch: [{if: run.x, then: [{id: bye, stop: y}]}]}]")
    assert [(was.id, is_.id) for was, is_ in compare(OLD, new).changed] == [("bye", "bye")]


def test_a_changed_condition_is_a_changed_step() -> None:
    new = journey("[{id: rest, wait: 3d}, {id: look, branch: [{if: run.y, then: [{id: bye, stop: x}]}]}]")
    assert [was.id for was, _ in compare(OLD, new).changed] == ["look"]


def test_another_order_is_told() -> None:
    one, other = (
        journey("[{id: a, wait: 1d}, {id: b, wait: 2d}]"),
        journey("[{id: b, wait: 2d}, {id: a, wait: 1d}]"),
    )
    assert compare(one, other).settings == ["steps"]


def test_what_belongs_to_the_whole_journey_is_told_by_its_key() -> None:
    new = journey("[{id: a, wait: 1d}]", goal="Bought", life="9d")
    assert compare(journey("[{id: a, wait: 1d}]"), new).settings == ["goal", "life"]


def test_the_text_is_a_unified_diff_of_what_a_person_would_write() -> None:
    new = journey("[{id: rest, wait: 4d}, {id: look, branch: [{if: run.x, then: [{id: bye, stop: x}]}]}]")
    lines = as_diff(OLD, new).splitlines()
    assert lines[0] == f"--- welcome@{OLD.version}"
    assert "-  wait: 3d" in lines
    assert "+  wait: 4d" in lines
