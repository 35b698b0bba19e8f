"""A file with several mistakes, whatever they are: all are told, and nothing raises."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from journeys.checker import check_journey
from journeys.checking.surroundings import Surroundings
from tests.checker.conftest import HEAD, SHOP, Check

GOOD = """
journey: j
owner: o@shop.example
tier: supervised
approvers: brand
policies: {discount_cap: {most: 10%, group: brand}}
start: {event: Viewed, where: event.price > 3, key: event.product_id, again: after 7d}
goal: {event: Bought, where: event.total > 3, within: 5d}
stop: [Bought, {event: Viewed, where: event.price > start.price}]
life: 20d
steps:
  - id: hello
    send: [push, email]
    content: hello
    offer: {discount: 10%, valid: 24h}
    approval: {group: brand, within: 2h}
    otherwise: [{stop: not sent}]
  - wait_for: [{event: Bought, where: event.total > 3, then: [{wait: 1h}]}, Viewed]
    within: 2d
    restart: Viewed
    otherwise: [{wait: next day at 10:00}]
  - branch: [{if: run.hello.opened, then: [{wait: {until: start.seen_at, plus: 1d}}]}]
    otherwise: [{act: coupon, with: {discount: "5.0"}}]
  - split: colour
    arms: [{arm: red, then: [{set: {run.colour: "'red'"}}]}, {arm: blue, weight: 3}]
  - choose: time
    options: [{option: now, if: start.stock > 1}, {option: later, then: [{wait: 1d}]}]
  - agent: sell
    goal: Bought
    horizon: 3d
    actions: [{option: talk, then: [{send: push, content: hello}]}]
  - approve: brand
    about: Go on?
    then: [{run: other}]
  - repeat: 3
    while: run.colour == 'red'
    steps: [{wait: 1h}]
  - stop: done
"""

Place = tuple[str | int, ...]
NOISE = st.sampled_from(
    [None, 3, -1.5, True, "", "x", "1 > 2", "event.x >", "30m", [], {}, [[]], [{}], {"send": 1}, "${X}"]
)


def _places(node: Any, path: Place = ()) -> Iterator[Place]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _load() -> Any:
    return YAML(typ="safe").load(GOOD)


def _holds(node: Any, key: str | int) -> bool:
    """Whether the place is still there: an earlier change may have put something else where it was."""
    if isinstance(node, list):
        return isinstance(key, int) and key < len(node)
    return isinstance(node, dict) and key in node


def _mutate(root: Any, place: Place, how: str, noise: Any) -> None:
    node = root
    *way, key = place
    for part in way:
        if not _holds(node, part):
            return
        node = node[part]
    if not _holds(node, key):
        return
    if how == "drop":
        del node[key]
    elif how == "rename" and isinstance(node, dict):
        node[f"{key}x"] = node.pop(key)
    else:
        node[key] = copy.deepcopy(noise)


mutations = st.lists(
    st.tuples(st.sampled_from(list(_places(_load()))), st.sampled_from(["drop", "rename", "replace"]), NOISE),
    min_size=1,
    max_size=4,
)


def test_the_good_file_is_good(check: Check):
    assert check(GOOD) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutations)
def test_no_mutation_makes_the_checker_raise_or_point_outside_the_file(
    tmp_path: Path, changes: list[tuple[Place, str, Any]]
):
    root = _load()
    for place, how, noise in changes:
        _mutate(root, place, how, noise)
    file = tmp_path / "j.yaml"
    with file.open("w", encoding="utf-8") as written:
        YAML(typ="safe").dump(root, written)
    lines = file.read_text(encoding="utf-8").splitlines()

    checked = check_journey(file, SHOP)

    assert checked.journey is not None or checked.problems
    for problem in checked.problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_a_journey_or_has_problems(tmp_path: Path, content: bytes):
    (tmp_path / "j.yaml").write_bytes(content)

    assert check_journey(tmp_path / "j.yaml", Surroundings()).problems


def test_a_mistake_hides_no_other(check: Check):
    text = (
        GOOD.replace("owner:", "owmer:")
        .replace("after 7d", "sometimes")
        .replace("content: hello", "content: helo")
    )
    assert check(text) == [
        "2:1: 'owner' is missing",
        "3:1: unknown key 'owmer' (did you mean 'owner'?)",
        "7:71: 'sometimes' says not when to start again; write never, one at a time, any time, or after 7d",
        "14:5: there is no content 'helo' (did you mean 'hello'?)",
        "31:50: there is no content 'helo' (did you mean 'hello'?)",
    ]


@pytest.mark.parametrize(
    ("broken", "line"),
    [("if: run.hello.opened", "if: run.helo.opened"), ("while: run.colour", "while: run.color")],
)
def test_what_the_run_does_not_have_is_told_beside_other_mistakes(broken: str, line: str, check: Check):
    told = check(GOOD.replace(broken, line).replace("wait: 1h", "wait: 1 hour", 1))

    assert [problem for problem in told if "'run' has no" in problem]
    assert [problem for problem in told if "is not a duration" in problem]


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("wait_for: []\n    within: 1d", "6:5: this needs at least 1"),
        ("split: s\n    arms: [{arm: a}, {arm: a}]", "7:22: 'a' stands above"),
        ("choose: c\n    options: [{option: a}, {option: b}, {option: a}]", "7:41: 'a' stands above"),
        ("set: {customer.Tier: '1'}", "6:11: 'customer.Tier' is no name here: it must have 'customer.' or 'run.', "
         "then small letters, digits and '_', a letter first"),
        ("agent: a\n    goal: Bought\n    horizon: 2d\n    cadence: 3d\n    actions: [{option: a}]",
         "9:5: with 3d between two turns there is one within the horizon (make it shorter, or say 'most: 1')"),
    ],
)  # fmt: skip
def test_what_can_never_do_what_it_says(step: str, problem: str, check_steps: Check):
    assert check_steps(step) == [problem]


def test_days_of_start_and_goal_that_never_come(check: Check):
    text = "journey: j\nowner: o@shop.example\nstart: {event: Viewed, from: 2026-12-02, to: 2026-12-01}\n"
    assert check(f"{text}steps: [{{wait: 1h}}]\n") == [
        "3:42: the last day is before the first, so nothing ever starts"
    ]


def test_a_goal_that_counts_longer_than_a_run_lives(check_steps: Check):
    head = HEAD.replace("life: 10d", "life: 10d\ngoal: {event: Bought, within: 11d}")
    assert check_steps("wait: 1h", head=head) == [
        "5:23: this goal counts for 11d, and a run lives 10d (make it shorter, or 'life' longer)"
    ]
