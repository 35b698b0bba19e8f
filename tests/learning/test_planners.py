"""The simple planners choose the same each time, and say how likely it was."""

from collections import Counter

import pytest
from pydantic import ValidationError

from learning.planners.interface import Plan, Question, drawn
from learning.planners.registry import known_planners, planner_settings

OPTIONS = ("mail", "push", "chat")


def plan(planner: str, decision_id: str = "d", **asked: object) -> Plan:
    """Ask one planner."""
    return known_planners()[planner](Question(decision_id, OPTIONS, **asked))  # type: ignore[arg-type]


def test_every_planner_is_found_by_the_name_of_its_file():
    assert set(known_planners()) >= {"fixed", "random", "rules", "sampler"}


@pytest.mark.parametrize("planner", sorted(known_planners()))
def test_a_planner_answers_alike_and_chooses_what_is_open(planner: str):
    """Whatever the planner: a retry gives the same, the odds add up to one, and the logged one is the chosen
    one's."""
    asked = {"settings": {"rules": [{"choose": "push"}]}} if planner == "rules" else {}
    for number in range(20):
        first = plan(planner, f"d_{number}", **asked)
        assert first == plan(planner, f"d_{number}", **asked)
        assert set(first.probabilities) == set(OPTIONS)
        assert sum(first.probabilities.values()) == pytest.approx(1)
        assert first.probability == first.probabilities[first.option] > 0
        assert first.why


def test_a_fixed_order_is_kept_and_its_last_option_repeated():
    assert [plan("fixed", turn=turn).option for turn in range(5)] == ["mail", "push", "chat", "chat", "chat"]
    assert plan("fixed").probability == 1


def test_random_choices_are_as_likely_as_they_say():
    plans = [plan("random", f"d_{number}") for number in range(9000)]
    chosen = Counter(plan.option for plan in plans)
    assert {plan.probability for plan in plans} == {1 / 3}
    for option in OPTIONS:
        assert chosen[option] / 9000 == pytest.approx(1 / 3, abs=0.02)


RULES = {"rules": [{"if": "customer.vip == true", "choose": "chat"}, {"if": "run.sent > 2", "choose": "push"}]}


@pytest.mark.parametrize(
    ("true", "option", "why"),
    [
        ({"customer.vip == true", "run.sent > 2"}, "chat", "rule 1: customer.vip == true"),
        ({"run.sent > 2"}, "push", "rule 2: run.sent > 2"),
        ((), "mail", "no rule fits; the first option that is open"),
    ],
)
def test_the_first_rule_that_fits_decides(true: set[str], option: str, why: str):
    made = plan("rules", settings=RULES, true=true)
    assert (made.option, made.why, made.probability) == (option, why, 1)


def test_a_rule_whose_option_is_closed_is_passed_over():
    question = Question("d", ("mail", "push"), settings=RULES, true={"customer.vip == true", "run.sent > 2"})
    assert known_planners()["rules"](question).option == "push"


def test_rules_that_do_not_compile_are_refused():
    with pytest.raises(ValidationError, match="does not compile"):
        plan("rules", settings={"rules": [{"if": "customer.", "choose": "mail"}]})


def test_a_draw_never_takes_an_option_without_probability():
    for number in range(200):
        assert drawn(Question(f"d_{number}", OPTIONS), (0.5, 0.5, 0.0), "").option != "chat"


def test_a_planner_without_settings_takes_none():
    with pytest.raises(ValidationError, match="Extra inputs"):
        planner_settings()["random"].model_validate({"rules": []})
