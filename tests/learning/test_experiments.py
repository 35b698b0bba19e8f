"""Experiments give the numbers that tea-tasting and GrowthBook's gbstats publish for the same data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.experiments.comparing import compare
from learning.experiments.guards import Guard, guarded
from learning.experiments.incrementality import incrementality
from learning.experiments.look import Look
from learning.experiments.planning import customers_needed, plan, smallest_effect
from learning.experiments.ratio import SUSPICIOUS, sample_ratio
from learning.experiments.samples import Sample, TooFew
from learning.experiments.segments import by_segment
from learning.experiments.watching import lift_so_far, so_far, worse_than

# Counts, means, variances and covariances of `tea_tasting.make_users_data(n_users=100, covariates=True, rng=42)`.
SMALL_CONTROL = Sample.of_moments(53, 0.5660377358490566, 0.7888243831640056)
SMALL_TREATMENT = Sample.of_moments(47, 0.3829787234042553, 0.5023126734505089)


def test_welch_is_what_tea_tasting_expects():
    """`test_ratio_of_means_analyze_basic` in tests/metrics/test_mean.py of tea-tasting 1.14.0."""
    result = compare(SMALL_CONTROL, SMALL_TREATMENT)
    assert result.difference.estimate == pytest.approx(-0.18305901244480127)
    assert result.difference.low == pytest.approx(-0.5004359360326984)
    assert result.difference.high == pytest.approx(0.13431791114309583)
    assert result.lift is not None
    assert result.lift.estimate == pytest.approx(-0.32340425531914896)
    assert result.lift.low == pytest.approx(-0.6593351111187646)
    assert result.lift.high == pytest.approx(0.34378920945924096)
    assert result.p_value == pytest.approx(0.2551230546709908)


# The same of `make_users_data(rng=42, covariates=True)`, and what the docstring of `tea_tasting.Mean` prints.
WITH_CUPED = {
    "orders": (
        Sample.of_moments(2023, 0.5304003954522986, 0.7437588, 0.5388037567968363, 1.05474971, 0.55037763),
        Sample.of_moments(1977, 0.5730905412240769, 0.7447816, 0.5088517956499747, 0.94539225, 0.49315330),
        (0.523, 0.581, 0.11, 0.029, 0.20, 0.00733),
    ),
    "revenue": (
        Sample.of_moments(2023, 5.241028175976273, 93.060288, 5.278512110726644, 172.658171, 67.974403),
        Sample.of_moments(1977, 5.730111279716743, 107.852593, 4.7202630247850275, 121.775078, 59.991675),
        (5.12, 5.85, 0.14, 0.038, 0.26, 0.00674),
    ),
}


@pytest.mark.parametrize("metric", WITH_CUPED)
def test_cuped_is_what_tea_tasting_prints(metric: str):
    control, treatment, printed = WITH_CUPED[metric]
    result = compare(control, treatment)
    assert result.adjusted
    assert result.lift is not None
    got = (result.control.value, result.treatment.value, result.lift.estimate, result.lift.low, result.lift.high)
    assert got == pytest.approx(printed[:5], rel=0.05)
    assert result.p_value == pytest.approx(printed[5], abs=5e-6)


def test_cuped_narrows_the_interval_and_keeps_the_truth():
    draw = np.random.default_rng(3)
    before = draw.normal(10, 3, 4000)
    after = before + draw.normal(0, 1, 4000)
    after[2000:] += 0.3
    plain = compare(Sample.of(after[:2000]), Sample.of(after[2000:]))
    adjusted = compare(Sample.of(after[:2000], before[:2000]), Sample.of(after[2000:], before[2000:]))
    assert adjusted.difference.low < 0.3 < adjusted.difference.high
    width = adjusted.difference.high - adjusted.difference.low
    assert width < 0.4 * (plain.difference.high - plain.difference.low)


def test_an_absolute_difference_is_what_gbstats_expects():
    """`test_two_sided_ttest_absolute` in tests/frequentist/test_tests.py of gbstats 0.8.0."""
    result = compare(Sample(3407, 1396.87, 52377.9767), Sample(3461, 2422.7, 134698.29))
    assert (result.difference.low, result.difference.high) == pytest.approx((0.04538, 0.53462), abs=1e-5)
    assert result.p_value == pytest.approx(0.02016, abs=1e-5)


def test_a_confidence_sequence_is_what_gbstats_expects():
    """`test_sequential_test_runs`, there tuned to 1,000 customers."""
    result = compare(Sample(3000, 1396.87, 52377.9767), Sample(3461, 2422.7, 134698.29))
    interval = lift_so_far(result, planned=1000)
    assert interval is not None
    assert interval.estimate == pytest.approx(0.50336, abs=1e-5)
    assert (interval.low, interval.high) == pytest.approx((-0.55844, 1.56516), abs=1e-5)


def test_a_confidence_sequence_of_rates_is_what_gbstats_expects():
    """`test_sequential_test_runs_prop`, tuned to 5,000. gbstats divides a rate's variance by n, we by n - 1."""
    result = compare(Sample.of_share(3000, 1396), Sample.of_share(3461, 2422))
    interval = lift_so_far(result, planned=5000)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((0.40098, 0.60675), abs=5e-5)


def test_looking_often_deceives_a_fixed_test_but_not_the_sequence():
    """Forty-five looks at two arms that do not differ: the error stays under the stated five per cent, where
    the fixed interval is wrong in a quarter of the runs."""
    draw, fooled, fixed = np.random.default_rng(11), 0, 0
    looks = np.arange(100, 1000, 20)
    for _ in range(150):
        drawn = draw.normal(size=(2, 1000))
        sums, squares = np.cumsum(drawn, axis=1), np.cumsum(drawn**2, axis=1)
        seen = [compare(*(Sample(int(n), sums[i, n - 1], squares[i, n - 1]) for i in (0, 1))) for n in looks]
        fooled += any(so_far(result, 2000).excludes_zero for result in seen)
        fixed += any(result.difference.excludes_zero for result in seen)
    assert fooled / 150 <= 0.05
    assert fixed / 150 > 0.15


POWER_VARIANCE = 0.6556565656565657  # orders of make_users_data(n_users=100, rng=42) without uplift


def test_the_size_is_what_tea_tasting_expects():
    """`test_ratio_of_means_solve_power_n_obs`, and with CUPED the docstring of `tea_tasting.Mean`."""
    assert customers_needed(0.05, POWER_VARIANCE) == 8236
    mean, variance, before_variance, covariance = 0.519, 0.71631808, 1.06123631, 0.53694724
    assert customers_needed(0.05 * mean, variance - covariance**2 / before_variance) == 20733


def test_the_smallest_effect_is_what_tea_tasting_expects():
    """`test_ratio_of_means_solve_power_rel_effect_size`."""
    assert smallest_effect(10_000, POWER_VARIANCE) == pytest.approx(0.04537464375458489, rel=1e-4)


def test_a_plan_lasts_whole_weeks_and_the_window():
    made = plan(0.05, POWER_VARIANCE, daily=600, window_days=3)
    assert (made.customers, made.by_arm, made.days) == (8236, (4118, 4118), 14 + 3)


def test_more_treatments_and_uneven_shares_need_more():
    assert customers_needed(0.05, 1, (1, 1, 1)) > 1.5 * customers_needed(0.05, 1)
    assert customers_needed(0.05, 1, (9, 1)) > 2.5 * customers_needed(0.05, 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"effect": 0.0}, "effect of 0"),
        ({"weights": (1,)}, "a control"),
        ({"weights": (1, 0)}, "above 0"),
        ({"power": 1.0}, "power"),
        ({"variance": 0.0}, "variance"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, object], said: str):
    with pytest.raises(ValueError, match=said):
        customers_needed(**{"effect": 0.1, "variance": 1.0, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("customers", "weights", "p_value"),
    [
        # test_sample_ratio_analyze_norm_no_corr of tea-tasting 1.14.0: for two arms the same as chi-squared.
        ((53, 47), (1, 1), 0.5485062355001472),
        # The example of scipy.stats.chisquare in scipy's own documentation.
        ((16, 18, 16, 14, 12, 12), (1,) * 6, 0.84914503608460956),
    ],
)
def test_the_check_of_the_split_gives_published_numbers(customers, weights, p_value):
    assert sample_ratio(customers, weights) == pytest.approx(p_value)


def test_a_broken_split_is_suspicious_and_a_sound_one_is_not():
    assert sample_ratio((5000, 5300), (1, 1)) > SUSPICIOUS
    assert sample_ratio((5000, 5400), (1, 1)) < SUSPICIOUS
    assert sample_ratio((0, 0), (1, 1)) == 1


CONCLUDED = Look(planned=10_000, final=True)
FLAT, LIFTED = Sample.of_share(4000, 400), Sample.of_share(4000, 560)


def test_segments_show_for_whom_it_works():
    tiny = Sample.of_share(1, 1)
    groups = {
        "new": ((FLAT, LIFTED), (FLAT, FLAT)),
        "loyal": ((FLAT, FLAT), (FLAT, LIFTED)),
        "anyone": ((FLAT, LIFTED), (FLAT, LIFTED)),
        "tiny": ((tiny, tiny), (FLAT, LIFTED)),
    }
    new, loyal, anyone = by_segment(groups, CONCLUDED)
    assert (new.name, new.customers, new.inside.difference.low > 0, new.differ.low > 0) == (
        "new",
        8000,
        True,
        True,
    )
    assert not loyal.inside.difference.excludes_zero
    assert loyal.differ.high < 0
    assert anyone.differ.low < 0 < anyone.differ.high


def test_one_of_many_segments_is_held_to_more():
    """What is just certain alone is not when it is one of twenty that were looked at."""
    luck = Sample.of_share(4000, 458)
    groups = {f"s{n}": ((FLAT, FLAT), (FLAT, FLAT)) for n in range(19)} | {"lucky": ((FLAT, luck), (FLAT, FLAT))}
    assert by_segment({"lucky": groups["lucky"]}, CONCLUDED)[0].inside.difference.excludes_zero
    assert not by_segment(groups, CONCLUDED)[-1].inside.difference.excludes_zero


def test_incrementality_is_told_in_conversions_and_money():
    held, treated = Sample.of_share(1000, 50), Sample.of_share(9000, 630)
    money = Sample.of_moments(1000, 2.0, 100.0), Sample.of_moments(9000, 3.0, 100.0)
    told = incrementality((held, money[0]), (treated, money[1]), CONCLUDED, cost=500)
    assert told.conversions.estimate == pytest.approx(9000 * 0.02)
    assert told.conversions.low > 0
    assert told.money.estimate == pytest.approx(9000 - 500)
    assert told.money.low < told.money.estimate < told.money.high
    assert told.proven


def test_a_lift_that_may_be_nothing_is_not_proven():
    held, treated = Sample.of_share(1000, 50), Sample.of_share(9000, 460)
    assert not incrementality((held, held), (treated, treated), CONCLUDED).proven


@pytest.mark.parametrize(
    ("control", "treatment", "state"),
    [(100, 101, "unclear"), (100, 100_0, "harmed"), (10_000, 9_000, "safe")],
)
def test_a_guardrail_metric_is_safe_unclear_or_harmed(control: int, treatment: int, state: str):
    verdict = guarded(
        Guard("unsubscribes", margin=0.1),
        Sample.of_share(50_000, control),
        Sample.of_share(50_000, treatment),
        planned=100_000,
    )
    assert verdict.state == state


def test_a_guardrail_metric_that_never_happened_is_not_called_safe():
    nobody = Sample.of_share(1000, 0)
    assert guarded(Guard("complained"), nobody, nobody, planned=2000).state == "unclear"


def test_a_one_sided_bound_is_nearer_than_the_two_sided():
    result = compare(Sample.of_share(5000, 50), Sample.of_share(5000, 80))
    assert worse_than(result, 0, 10_000).low > so_far(result, 10_000).low


pairs_of_numbers = st.tuples(st.floats(-100, 100), st.floats(-100, 100))


@given(st.lists(pairs_of_numbers, min_size=2, max_size=30), st.integers(1, 29))
def test_samples_merge(pairs: list[tuple[float, float]], at: int):
    ys, xs = zip(*pairs, strict=True)
    whole, parts = Sample.of(ys, xs), Sample.of(ys[:at], xs[:at]) + Sample.of(ys[at:], xs[at:])
    assert parts.mean == pytest.approx(whole.mean, abs=1e-9)
    assert parts.variance == pytest.approx(whole.variance, abs=1e-6)
    assert parts.covariance == pytest.approx(whole.covariance, abs=1e-6)


def test_too_few_customers_are_no_sample():
    with pytest.raises(TooFew, match="1 customers are too few"):
        compare(Sample.of([1.0]), Sample.of([1.0, 2.0]))
