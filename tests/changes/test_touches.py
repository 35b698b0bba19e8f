"""What a change of a journey touches."""

from typing import Any

import pytest

from journeys.model import Journey
from journeys.review import takeovers, touches

MAIL: dict[str, Any] = {"id": "mail", "send": "email", "content": "note"}
BASE: dict[str, Any] = {
    "journey": "hello",
    "owner": "maria@northwind.example",
    "start": {"event": "Product Viewed"},
    "steps": [MAIL],
}


def journey(mail: dict[str, Any] | None = None, **changes: Any) -> Journey:
    return Journey.model_validate(BASE | {"steps": [MAIL | (mail or {})]} | changes)


@pytest.mark.parametrize(
    ("new", "areas"),
    [
        (journey(), ()),
        (journey(description="Said better."), ()),
        (journey({"content": "another"}), ()),
        (journey({"offer": {"discount": 10}}), ("price",)),
        (journey(policies={"discount_cap": {"most": 20}}), ("price",)),
        (journey({"purpose": "transactional"}), ("compliance",)),
        (journey(policies={"frequency_cap": {}}), ("compliance",)),
        (journey({"approval": "marketing"}), ("autonomy",)),
        (journey(tier="human", approvers="marketing"), ("autonomy",)),
        (journey({"offer": {"discount": 10}, "approval": "marketing"}), ("price", "autonomy")),
    ],
)
def test_a_change_touches_the_areas_in_which_it_differs(new: Journey, areas: tuple[str, ...]) -> None:
    assert touches(journey(), new) == areas


def test_taking_an_approval_away_touches_autonomy() -> None:
    assert touches(journey({"approval": "marketing"}), journey()) == ("autonomy",)


def test_another_planner_or_other_settings_of_it_touch_autonomy() -> None:
    fixed, llm, curious = (
        journey(steps=[{"choose": "nudge", "options": [{"option": "wait"}], **who}])
        for who in ({}, {"planner": "llm"}, {"planner": "llm", "settings": {"floor": 0.2}})
    )
    assert touches(journey(), fixed) == ()
    assert touches(fixed, llm) == touches(llm, curious) == ("autonomy",)


def test_another_amount_touches_price() -> None:
    assert touches(journey({"offer": {"discount": 5}}), journey({"offer": {"discount": 6}})) == ("price",)


def test_a_new_journey_touches_what_it_has() -> None:
    assert touches(None, journey()) == ()
    assert touches(None, journey({"offer": {"discount": 10}})) == ("price",)


def nudging(*planners: str, point: str = "nudge") -> Journey:
    """A journey in which these planners decide at one point, each in an arm of a split if there are several."""
    steps = [{"choose": point, "options": [{"option": "wait"}], "planner": each} for each in planners]
    arms = [{"arm": step["planner"], "weight": 1, "then": [step]} for step in steps]
    return journey(steps=steps if len(steps) == 1 else [{"split": "who", "arms": arms}])


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (nudging("fixed"), nudging("sampler"), [("sampler", True)]),
        (nudging("sampler"), nudging("fixed"), []),
        (nudging("sampler"), nudging("sampler"), []),
        (nudging("fixed"), nudging("sampler", point="offer"), [("sampler", False)]),
        (nudging("fixed"), nudging("fixed", "sampler"), [("sampler", False)]),
    ],
    ids=["in its place", "given back", "the same", "at a new point", "in an arm beside it"],
)
def test_a_planner_takes_over_where_another_chose_before(
    old: Journey, new: Journey, found: list[tuple[str, bool]]
) -> None:
    assert [(each.step.planner, each.replaces) for each in takeovers(old, new)] == found
