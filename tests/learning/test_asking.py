"""Another planner is judged by the log: believed when the log supports it, refused when it does not."""

import random

import pytest

from learning.evaluation.asking import Logged, judge_planner
from learning.planners.interface import Plan, Question, certain
from learning.planners.registry import known_planners


def log(count: int, works: str) -> list[Logged]:
    """Mail or chat by a coin; the one that works brings 1 in half of the cases, the other in a tenth."""
    draw = random.Random(7)
    found: list[Logged] = []
    for number in range(count):
        option = draw.choice(("mail", "chat"))
        reward = float(draw.random() < (0.5 if option == works else 0.1))
        found.append(Logged(f"c_{number}", f"p_{number}", 0, ("mail", "chat"), {}, option, 0.5, reward))
    return found


def chats(question: Question) -> Plan:
    return certain(question, "chat", "always")


def test_a_better_planner_is_believed_and_its_value_is_what_it_would_have_brought():
    evidence = judge_planner(log(3000, works="chat"), chats, {})
    assert evidence.promoted
    assert evidence.estimates["DR"].low <= 0.5 <= evidence.estimates["DR"].high
    assert evidence.baseline.estimate == pytest.approx(0.3, abs=0.02)


def test_a_worse_one_is_refused():
    evidence = judge_planner(log(3000, works="mail"), chats, {})
    assert [reason.partition(":")[0] for reason in evidence.refused] == ["it may be no better"]


def test_a_short_log_is_refused_though_it_looks_good():
    evidence = judge_planner(log(200, works="chat"), chats, {})
    assert evidence.refused[0].startswith("the log is worth ")


def test_the_planner_that_acted_is_worth_what_it_brought():
    evidence = judge_planner(log(500, works="mail"), known_planners()["random"], {})
    assert evidence.estimates["IPS"].estimate == pytest.approx(evidence.baseline.estimate)
    assert evidence.weights.effective == pytest.approx(500)


def test_an_empty_log_is_told():
    with pytest.raises(ValueError, match="no decision with a final reward"):
        judge_planner([], chats, {})
