"""Guardrails find harm soon, cry wolf seldom, and give the numbers that are published for known data."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.guardrails import Drift, Fairness
from learning.guardrails.calibration import autonomy_earned, brier, calibration_error, forecast_bias, wilson
from learning.guardrails.cusum import THRESHOLD, Watch
from learning.guardrails.drift import binned, drift, stability
from learning.guardrails.exploration import exploration
from learning.guardrails.fairness import fairness, holm, risk_ratio
from learning.guardrails.level import Level
from learning.guardrails.log import Logged

USUAL, SENT = 0.005, 400


def hours(rate: float, count: int, seed: int) -> list[int]:
    return np.random.default_rng(seed).binomial(SENT, rate, count).tolist()


def watched(unsubscribes: list[int], watch: Watch | None = None) -> list[Level]:
    watch, levels = watch or Watch(), list[Level]()
    for happened in unsubscribes:
        watch = watch.after_events(happened, SENT, USUAL)
        levels.append(watch.level)
    return levels


def test_in_peace_the_alarm_is_rare_in_sixty_days_where_three_sigmas_always_cry():
    """The design figures: about 4 % false alarms in 1,440 hourly steps, where a 3-sigma chart has nearly all."""
    runs = [hours(USUAL, 1440, seed) for seed in range(60)]
    three_sigmas = SENT * USUAL + 3 * (SENT * USUAL * (1 - USUAL)) ** 0.5
    assert sum(Level.ACT in watched(run) for run in runs) / 60 <= 0.1
    assert sum(max(run) > three_sigmas for run in runs) / 60 > 0.9


def test_a_doubled_rate_is_found_within_a_day():
    """First the operators are told, then it acts."""
    levels = watched(hours(2 * USUAL, 24, seed=1))
    assert Level.ACT in levels
    assert levels.index(Level.WARN) < levels.index(Level.ACT)


def test_it_stays_acted_until_a_person_rearms():
    watch = Watch().after_events(100, SENT, USUAL).after_events(0, SENT, USUAL)
    for _ in range(500):
        watch = watch.after_events(0, SENT, USUAL)
    assert watch.level is Level.ACT
    assert watch.rearmed().level is Level.CALM


@given(st.lists(st.integers(0, 20), max_size=30))
def test_the_score_is_never_negative(happened: list[int]):
    watch = Watch()
    for count in happened:
        watch = watch.after_events(count, SENT, USUAL)
        assert watch.score >= 0


def test_a_margin_that_falls_is_found():
    """Twenty a step from 10 to 9 with a deviation of 2: each adds 20 · (1/4) · 1/2 = 2.5 to the score."""
    watch = Watch()
    for _ in range(3):
        watch = watch.after_mean(9.0, 20, usual=10.0, harmful=9.0, deviation=2.0)
    assert watch.score == pytest.approx(7.5)
    assert watch.after_mean(9.0, 20, 10.0, 9.0, 2.0).score > THRESHOLD
    assert Watch().after_mean(10.0, 20, 10.0, 9.0, 2.0).score == 0


CONCENTRATIONS = [
    102.0, 94.8, 98.3, 98.4, 102.0, 98.5, 99.0, 97.7, 100.0, 98.1,
    101.3, 98.7, 101.1, 98.4, 97.0, 96.7, 100.3, 101.4, 97.2, 101.0,
]  # fmt: skip
UPPER = [2.0, 0, 0, 0, 2.0, 0.5, 0, 0, 0, 0, 1.3, 0, 1.1, 0, 0, 0, 0.3, 1.7, 0, 1.0]
LOWER = [0, 3.2, 2.9, 2.5, 0, 0, 0, 0.3, 0, 0, 0, 0, 0, 0, 1.0, 2.3, 0, 0, 0.8, 0]


@pytest.mark.parametrize(("harmful", "published"), [(101.0, UPPER), (97.0, LOWER)])
def test_the_cusum_of_a_mean_is_as_published(harmful: float, published: list[float]):
    """Montgomery and Runger: Applied Statistics and Probability for Engineers, 3rd edition, table 16-8: target 99,
    reference value K = 1. The likelihood ratio is (2K / σ²) times their sum, so σ = √2 makes them equal."""
    watch, scores = Watch(), list[float]()
    for value in CONCENTRATIONS:
        watch = watch.after_mean(value, 1, usual=99.0, harmful=harmful, deviation=2**0.5)
        scores.append(watch.score)
    assert scores == pytest.approx(published, abs=1e-9)


NIST = [
    324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600,
    324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350,
]  # fmt: skip
HIGH = [0, 0, 0, 0, 0.03, 0, 0, 0, 0, 0, 0, 0, 3.01, 4.94, 7.45, 10.63, 11.99, 14.44, 16.00, 19.04]


def test_the_cusum_of_the_nist_handbook_crosses_at_the_fourteenth():
    """NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.2.3: target 325, k = 0.3175, h = 4.1959, of
    which the upper sum is S_hi. With a deviation of √(2k) the likelihood ratio is that sum."""
    watch, scores = Watch(threshold=4.1959), list[float]()
    for value in NIST:
        watch = watch.after_mean(value, 1, usual=325.0, harmful=325.635, deviation=0.635**0.5)
        scores.append(watch.score)
    assert scores == pytest.approx(HIGH, abs=0.006)
    assert next(place for place, score in enumerate(scores, start=1) if score > 4.1959) == 14


@pytest.mark.parametrize("wrong", [(5, 3, 0.01), (1, 10, 0.0), (1, 10, 0.6)])
def test_numbers_that_cannot_be_are_refused(wrong: tuple[int, int, float]):
    with pytest.raises(ValueError, match="at a usual rate"):
        Watch().after_events(*wrong)


def test_the_stability_index_by_hand():
    """Shares 0.5, 0.5 to 0.75, 0.25: 0.25 ln 1.5 + (-0.25) ln 0.5 = 0.274653."""
    assert stability([50_000, 50_000], [75_000, 25_000]) == pytest.approx(0.274653, abs=1e-4)
    assert drift(0.274653, Drift()) is Level.ACT


def test_the_same_customers_do_not_drift_and_others_do():
    draw = np.random.default_rng(4)
    before = draw.normal(size=5000).tolist()
    assert drift(stability(*binned(before, draw.normal(size=5000).tolist())), Drift()) is Level.CALM
    assert drift(stability(*binned(before, draw.normal(0.4, 1, 5000).tolist())), Drift()) is Level.WARN
    assert drift(stability(*binned(before, draw.normal(1, 1, 5000).tolist())), Drift()) is Level.ACT


def test_an_empty_bin_is_finite():
    assert 0 < stability([100, 0], [50, 50]) < 10


def test_exploration_is_how_often_the_likeliest_is_not_taken():
    assert exploration([{"a": 0.9, "b": 0.1}, {"a": 0.7, "b": 0.3}, {"a": 1.0}]) == pytest.approx(0.2)


def test_a_risk_ratio_is_as_published():
    """Aspirin and heart attacks in the Physicians' Health Study, 189 of 11,034 to 104 of 11,037: 1.82, 95 %
    interval 1.43 to 2.31 (Agresti: An Introduction to Categorical Data Analysis, 2nd edition, section
    2.2.3)."""
    ratio, p_value = risk_ratio((189, 11_034), (104, 11_037))
    assert (ratio.estimate, ratio.low, ratio.high) == pytest.approx((1.82, 1.43, 2.31), abs=0.005)
    assert p_value < 0.001


def test_a_segment_that_is_passed_over_is_warned_of():
    levels = {
        told.segment: told.level
        for told in fairness(
            {"south": (150, 1000), "north": (300, 1000), "east": (290, 1000), "tiny": (0, 4)}, Fairness()
        )
    }
    assert levels["south"] is Level.WARN
    assert levels["tiny"] is Level.CALM


def test_holm_corrects_as_published():
    """The four tests of Wikipedia's "Holm-Bonferroni method", of which at 0.05 the first and the last are
    rejected."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_equal_offers_are_fair():
    assert {
        told.level for told in fairness({"a": (200, 1000), "b": (205, 1000), "c": (195, 1000)}, Fairness())
    } == {Level.CALM}


@pytest.mark.parametrize(
    ("happened", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_as_published(happened: int, of: int, low: float, high: float):
    """Newcombe: Two-sided confidence intervals for the single proportion, Statistics in Medicine 1998, table I,
    method 3."""
    interval = wilson(happened, of)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_autonomy_is_earned_by_many_agreements_only():
    assert not autonomy_earned(50, 50)
    assert autonomy_earned(100, 100)
    assert not autonomy_earned(950, 1000)


def test_the_brier_score_by_hand():
    """The usual example: rain was said to be 70 % likely, and it rained: 0.09."""
    assert brier([0.7], [True]) == pytest.approx(0.09)
    assert brier([1.0, 0.0], [True, False]) == 0


def test_calibration_is_judged_in_bins():
    """Ten said to be 0.85 likely of which five happened are 0.35 off; ten at 0.25, of which two, 0.05."""
    predicted = [0.85] * 10 + [0.25] * 10
    happened = [True] * 5 + [False] * 5 + [True] * 2 + [False] * 8
    assert calibration_error(predicted, happened) == pytest.approx((0.35 + 0.05) / 2)


def choices(expected: float | None, settled: bool = True) -> list[Logged]:
    """A thousand decisions, of which one in five brought 1."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return [
        Logged(at, "next", True, {}, {"mail": 1.0}, "mail", float(number % 5 == 0), expected, settled)
        for number in range(1000)
    ]


def test_a_planner_that_promises_too_much_is_found_and_an_honest_one_is_left_alone():
    """What came has a standard deviation of 0.4, so that 0.3 too much is 0.75 of it."""
    honest, boastful = forecast_bias(choices(0.2)), forecast_bias(choices(0.5))
    assert honest is not None
    assert boastful is not None
    assert honest.low < 0 < honest.high
    assert boastful.estimate == pytest.approx(-0.75, abs=1e-3)
    assert boastful.high == pytest.approx(-0.75 + 2.576 / 1000**0.5, abs=1e-3)


def test_what_was_never_expected_or_is_still_open_says_nothing_of_the_planner():
    assert forecast_bias(choices(None)) is None
    assert forecast_bias(choices(0.5, settled=False)) is None
