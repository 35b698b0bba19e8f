"""Outcomes become rewards: within their windows, once, and corrected when more is heard."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from journeys.rewards import Rewards
from learning.rewards import Outcome, discounted, reward

DECIDED = datetime(2026, 3, 1, 12, tzinfo=UTC)
REWARDS = Rewards.model_validate(
    {
        "outcomes": {
            "clicked": {"value": 0.1, "within": "2d"},
            "purchased": {"share": 0.3, "within": "7d", "each": True},
            "returned": {"share": -0.3, "within": "60d", "each": True},
            "unsubscribed": {"value": -5, "within": "7d"},
        },
        "costs": {"whatsapp": 0.06},
    }
)


def outcome(event_id: str, kind: str, days: float, money: float = 0.0) -> Outcome:
    return Outcome(event_id, kind, DECIDED + timedelta(days=days), money)


CLICK, PURCHASE = outcome("e1", "clicked", 0.5), outcome("e2", "purchased", 1, 40.0)


def amount(outcomes: list[Outcome], option: str = "mail", days: float = 61) -> float | None:
    return reward(REWARDS, option, DECIDED, outcomes, DECIDED + timedelta(days=days)).counts


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([CLICK, PURCHASE], 0.1 + 12),
        ([CLICK, outcome("e3", "clicked", 1)], 0.1),
        ([PURCHASE, outcome("e3", "purchased", 2, 10.0)], 15),
        ([PURCHASE, outcome("e3", "returned", 30, 40.0)], 0),
        ([outcome("e3", "clicked", 2.1)], 0),
        ([outcome("e3", "purchased", -0.1, 40.0)], 0),
        ([outcome("e3", "unsubscribed", 6)], -5),
        ([outcome("e3", "yawned", 1)], 0),
    ],
)
def test_what_counts(outcomes: list[Outcome], expected: float):
    assert amount(outcomes) == pytest.approx(expected)


def test_a_choice_has_its_cost():
    assert amount([PURCHASE], option="whatsapp") == pytest.approx(12 - 0.06)


def test_nothing_is_learned_while_something_may_still_happen():
    """Only when the last window closed, silence is a reward of nothing."""
    assert amount([], days=59) is None
    assert amount([], days=60) == 0
    assert amount([CLICK], days=1) == pytest.approx(0.1)


def test_a_reward_leads_back_to_its_events():
    made = reward(REWARDS, "mail", DECIDED, [PURCHASE, CLICK], DECIDED + timedelta(days=3))
    assert [(part.event_id, part.amount) for part in made.parts] == [("e1", 0.1), ("e2", 12.0)]
    assert not made.closed


told = st.lists(
    st.sampled_from([CLICK, PURCHASE, outcome("e3", "returned", 9, 40.0), outcome("e4", "clicked", 1)])
)


@given(told, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(outcomes: list[Outcome], shuffle):
    again = outcomes * 2
    shuffle.shuffle(again)
    assert amount(again) == amount(outcomes)


def test_the_return_of_a_turn_is_what_came_after_it_too():
    days = [DECIDED + timedelta(days=number) for number in (0, 1, 3)]
    turns = list(zip(days, (1.0, -1.0, 8.0), strict=True))
    assert discounted(turns) == [8.0, 7.0, 8.0]
    assert discounted(turns, daily=0.5) == pytest.approx([1 + 0.5 * (-1 + 8 * 0.25), -1 + 8 * 0.25, 8])


def test_a_goal_without_outcomes_is_refused():
    with pytest.raises(ValidationError, match="outcomes"):
        Rewards(outcomes={})
