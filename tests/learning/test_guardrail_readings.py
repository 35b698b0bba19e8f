"""What one look says of a guardrail: how bad it is, by which number, and why."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.guardrails import (
    Calibration,
    Complaints,
    Drift,
    Exploration,
    Fairness,
    Forecasts,
    Margin,
    Unsubscribes,
)
from learning.guardrails.calibration import judge_calibration, judge_forecasts
from learning.guardrails.cusum import THRESHOLD
from learning.guardrails.drift import judge_drift
from learning.guardrails.exploration import judge_exploration
from learning.guardrails.fairness import judge_fairness
from learning.guardrails.level import Level, Reading
from learning.guardrails.log import Logged
from learning.guardrails.streams import Amounts, Counted, judge_mean, judge_rate

CALM = Counted(2, 400)
STORM = Counted(20, 400)


def logged(option: str = "mail", likely: float = 0.5, credit: float | None = None, **features: float) -> Logged:
    odds = {"mail": likely, "push": 1 - likely}
    return Logged(datetime(2026, 3, 2, tzinfo=UTC), "next-nudge", True, features, odds, option, credit)


def read(reading: Reading | None) -> Reading:
    assert reading is not None
    return reading


def test_a_storm_of_unsubscribes_says_how_many_and_what_is_usual():
    said = judge_rate(0.0, [], [CALM, STORM, STORM], Unsubscribes()).reading
    assert said.level is Level.ACT
    assert said.why == "42 of 1200 messages, 3.50%, where 0.5 % is usual and 1 % harmful"
    assert said.value > said.limit == pytest.approx(THRESHOLD, abs=1e-3)


def test_open_hours_are_judged_and_only_settled_ones_are_kept():
    judged = judge_rate(1.0, [CALM], [STORM], Unsubscribes())
    assert judged.reading.level is Level.ACT
    assert judged.score == judge_rate(1.0, [CALM], [], Unsubscribes()).score < 1.0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_what_is_not_heard_of_yet_never_says_more_harm(hours: list[tuple[int, int]]):
    """So that counting open hours anew raises no alarm that the settled ones would not."""
    early = [Counted(heard, 400) for heard, _ in hours]
    late = [Counted(heard + more, 400) for heard, more in hours]
    assert judge_rate(0, [], early, Unsubscribes()).score <= judge_rate(0, late, [], Unsubscribes()).score
    seen, known = (judge_rate(0, [], side, Unsubscribes()).reading for side in (early, late))
    assert (seen.level, seen.value) <= (known.level, known.value)


@given(st.lists(st.tuples(st.integers(0, 9), st.just(400)), max_size=20), st.integers(0, 20))
def test_it_does_not_matter_when_hours_settle(hours: list[tuple[int, int]], split: int):
    counts = [Counted(*hour) for hour in hours]
    once = judge_rate(0.0, [], counts, Unsubscribes()).reading
    settled = judge_rate(0.0, counts[:split], [], Unsubscribes()).score
    assert judge_rate(settled, [], counts[split:], Unsubscribes()).reading.value == pytest.approx(once.value)


@pytest.mark.parametrize(
    ("hours", "level"),
    [([Counted(2, 300)] * 3, Level.ACT), ([Counted(4, 10)], Level.CALM), ([Counted(5, 2000)], Level.CALM)],
)
def test_too_many_complaints_act_at_once_from_the_fifth_on(hours: list[Counted], level: Level):
    assert judge_rate(0.0, [], hours, Complaints()).reading.level is level


def test_a_guardrail_only_warns_where_the_project_says_so():
    storm = [Counted(6, 1000)]
    assert judge_rate(0.0, [], storm, Complaints()).reading.level is Level.ACT
    assert judge_rate(0.0, [], storm, Complaints(then="warn")).reading.level is Level.WARN


def test_a_margin_is_judged_by_its_orders_and_hours_without_any_say_nothing():
    rule = Margin(usual=10, harmful=9, deviation=2)
    said = judge_mean(0.0, [Amounts([])], [Amounts([9.0] * 80)], rule).reading
    assert said.level is Level.ACT
    assert said.why == "80 orders with a mean of 9.00, where 10 is usual and 9 harmful"


def test_drift_names_the_feature_that_changed_most():
    before = [logged(visits=number % 10, orders=1) for number in range(600)]
    after = [logged(visits=number % 10 + 6, orders=1) for number in range(600)]
    said = read(judge_drift(before, after, Drift()))
    assert said.level is Level.ACT
    assert said.why == "the feature 'visits' of next-nudge against the month before"
    assert read(judge_drift(before, before, Drift())).level is Level.CALM
    assert judge_drift(before, after[:400], Drift()) is None


def test_rewards_drift_too():
    before = [logged(credit=float(number % 2)) for number in range(600)]
    after = [logged(credit=0.0) for _ in range(600)]
    assert read(judge_drift(before, after, Drift())).why == "the rewards of next-nudge against the month before"


@pytest.mark.parametrize(("likely", "level"), [(0.99, 1), (0.98, 0), (0.8, 0), (0.55, 1)])
def test_exploration_is_too_little_or_too_much_and_never_acts(likely: float, level: int):
    assert read(judge_exploration([logged(likely=likely)] * 100, Exploration())).level == level


def chosen(mails: int, of: int, likely: float) -> Iterable[Logged]:
    return (logged("mail" if number < mails else "push", likely) for number in range(of))


def test_odds_that_are_not_true_are_found():
    assert read(judge_calibration(list(chosen(360, 600, 0.6)), Calibration())).level is Level.CALM
    assert read(judge_calibration(list(chosen(560, 600, 0.6)), Calibration())).level is Level.ACT
    assert judge_calibration(list(chosen(300, 400, 0.6)), Calibration()) is None


@pytest.mark.parametrize(
    ("expected", "level", "said"),
    [
        (0.201, Level.CALM, "of 600 decisions came 0.00 standard deviations less than was expected"),
        (0.4, Level.ACT, "of 600 decisions came 0.50 standard deviations less than was expected, 0.39 beyond"),
        (0.01, Level.WARN, "of 600 decisions came 0.47 standard deviations more than was expected"),
    ],
)
def test_a_planner_that_promises_too_much_trips_and_one_that_promises_too_little_only_warns(
    expected: float, level: Level, said: str
):
    """One in five brings 1, which deviates by 0.4."""
    rows = [replace(logged(credit=float(n % 5 == 0)), expected=expected, settled=True) for n in range(600)]
    reading = read(judge_forecasts(rows, Forecasts()))
    assert reading.level is level
    assert reading.why.startswith(said)
    assert judge_forecasts(rows[:400], Forecasts()) is None


def test_unfair_offers_are_told_by_the_segment_that_is_farthest_off():
    said = read(judge_fairness({"south": (150, 1000), "north": (300, 1000), "east": (290, 1000)}, Fairness()))
    assert said.level is Level.WARN
    assert said.why.startswith("'south' gets 0.51 times the offers of others")
    assert judge_fairness({"all": (10, 100)}, Fairness()) is None
