"""Steps that are never reached, and waits that outlast the journey's life of ten days."""

from tests.checker.conftest import Check

SEND = "{send: push, content: hello}"


def test_a_step_after_a_stop(check_steps: Check):
    assert check_steps("stop: enough", SEND) == [
        "7:5: this step is never reached: the run ends with 'stop_1' before"
    ]


def test_a_step_after_a_branch_whose_ways_all_end(check_steps: Check):
    branch = "branch: [{if: start.stock > 1, then: [{stop: a}]}]\n    otherwise: [{stop: b}]"
    assert check_steps(branch, SEND) == ["8:5: this step is never reached: the run ends with 'branch_1' before"]


def test_a_step_after_a_branch_with_a_way_out(check_steps: Check):
    assert check_steps("branch: [{if: start.stock > 1, then: [{stop: a}]}]", SEND) == []


def test_a_case_after_one_that_is_always_true(check_steps: Check):
    branch = "branch: [{if: 'true', then: []}, {if: start.stock > 1, then: []}]\n    otherwise: [{wait: 1h}]"
    assert check_steps(branch) == [
        "6:38: this case is never reached: the one before is always true",
        "7:5: these steps are never reached: a case is always true",
    ]


def test_a_case_with_the_condition_of_an_earlier_one(check_steps: Check):
    branch = "branch: [{if: start.stock > 1, then: []}, {if: start.stock > 1, then: []}]"
    assert check_steps(branch) == ["6:47: this case is never reached: the same condition stands above"]


def test_a_common_then_where_every_event_has_its_own(check_steps: Check):
    wait = "wait_for: {event: Bought, then: [{stop: bought}]}\n    within: 1d\n    then: [{wait: 1h}]"
    assert check_steps(wait) == ["8:5: these steps are never reached: every event has its own 'then'"]


def test_an_experiment_nobody_is_in(check_steps: Check):
    split = "split: colour\n    arms: [{arm: red, weight: 0}, {arm: blue, weight: 0}]"
    assert check_steps(split) == ["7:5: no arm has a weight, so no customer can be given one"]


def test_a_wait_longer_than_the_life(check_steps: Check):
    assert check_steps("wait: 11d") == [
        "6:5: this wait outlasts the life of 10d (make it shorter, or 'life' longer than 11d)"
    ]


def test_waits_that_are_longer_together(check_steps: Check):
    assert check_steps("wait: 4d", "branch: [{if: start.stock > 1, then: [{wait: 1d}]}]", "wait: 6d") == [
        "8:5: this wait outlasts the life of 10d, 10d after the start at the earliest "
        "(make it shorter, or 'life' longer than 10d)"
    ]


def test_the_quickest_way_counts(check_steps: Check):
    assert check_steps("wait_for: Bought\n    within: 9d", "wait: 9d") == []


def test_repeated_waits_add_up(check_steps: Check):
    repeat = "repeat: 5\n    steps: [{wait: 1d}]"
    assert check_steps(repeat, "wait: 4d") == []
    assert len(check_steps(repeat, "wait: 5d")) == 1


def test_an_agent_with_a_horizon_beyond_the_life(check_steps: Check):
    agent = "agent: sell\n    goal: Bought\n    horizon: 20d\n    actions: [{option: a}]"
    assert check_steps(agent) == ["8:5: this horizon is longer than the life of 10d"]
