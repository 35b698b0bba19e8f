"""The simple planners choose the same each time, and say how likely it was."""

from collections import Counter

import pytest

from learning.planners import fixed, random

OPTIONS = ("mail", "push", "chat")


def test_a_fixed_order_is_kept_and_its_last_option_repeated():
    assert [fixed(OPTIONS, "d", turn).option for turn in range(5)] == ["mail", "push", "chat", "chat", "chat"]
    assert fixed(OPTIONS, "d", 0).probability == 1


def test_a_random_choice_is_the_same_for_the_same_decision():
    assert random(OPTIONS, "d_1", 0) == random(OPTIONS, "d_1", 7)


def test_random_choices_are_as_likely_as_they_say():
    plans = [random(OPTIONS, f"d_{number}", 0) for number in range(9000)]
    chosen = Counter(plan.option for plan in plans)
    assert {plan.probability for plan in plans} == {1 / 3}
    for option in OPTIONS:
        assert chosen[option] / 9000 == pytest.approx(1 / 3, abs=0.02)
