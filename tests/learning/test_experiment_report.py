"""An experiment at one look: who counts, what is known from before, and whether the split is sound."""

from datetime import UTC, datetime, timedelta

import pytest

from learning.experiments.report import Seen, report
from learning.experiments.samples import TooFew

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
EVEN = {"without": 50.0, "with": 50.0}


def seen(arm: str, *bought: float, since: datetime = MONDAY) -> Seen:
    """A customer who bought for 10 so many days after they came."""
    return Seen(arm, since, [(since + timedelta(days=day), 10.0) for day in bought])


def test_only_what_happens_within_the_window_counts():
    people = [seen("without"), seen("without", 8), seen("with", 1), seen("with", 1, 2)]
    found = report(people, EVEN, WEEK, MONDAY + 2 * WEEK, planned=4)
    assert [arm.conversions.mean for arm in found.arms] == [0, 1]
    assert [arm.money.mean for arm in found.arms] == [0, 15]
    assert found.done


def test_who_has_yet_to_live_through_the_window_does_not_count():
    late = MONDAY + WEEK
    people = [*[seen("without"), seen("with", 1)] * 2, seen("with", 1, since=late)]
    found = report(people, EVEN, WEEK, MONDAY + WEEK, planned=100)
    assert (found.waiting, found.arms[1].conversions.customers, found.done) == (1, 2, False)


def test_who_bought_before_as_well_is_no_proof():
    """Those with it bought already before: CUPED takes that out."""
    people = [
        *[seen("without")] * 20,
        *[seen("without", -1, 1)] * 10,
        *[seen("with", -1, 1)] * 20,
        *[seen("with")] * 10,
    ]
    [result] = report(people, EVEN, WEEK, MONDAY + WEEK, planned=60).results
    assert result.rate.estimate == pytest.approx(0)


def test_a_split_that_loses_customers_is_told():
    assert report([seen("without"), seen("with")] * 500, EVEN, WEEK, MONDAY + WEEK, 1000).sound
    assert not report([seen("without")] * 600 + [seen("with")] * 400, EVEN, WEEK, MONDAY + WEEK, 1000).sound


def test_an_empty_arm_is_too_few():
    with pytest.raises(TooFew):
        report([seen("with"), seen("with", 1)], EVEN, WEEK, MONDAY + WEEK, planned=2)
