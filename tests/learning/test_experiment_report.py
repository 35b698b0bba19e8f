"""An experiment at one look: who counts, what is known from before, and whether the split is sound."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from learning.experiments.arms import Seen, Span
from learning.experiments.course import course
from learning.experiments.guards import Guard
from learning.experiments.lift import lift, says
from learning.experiments.report import Report, Rules, report
from learning.experiments.samples import TooFew
from learning.experiments.verdict import verdicts

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
EVEN = {"without": 50.0, "with": 50.0}


def told(people: list[Seen], now: datetime, planned: int = 1000, **more: Any) -> Report:
    """What an experiment that started on Monday, with a window of a week, says."""
    return report(people, Rules(EVEN, WEEK, planned, MONDAY, **more), now)


def seen(arm: str, *bought: float, since: datetime = MONDAY) -> Seen:
    """A customer who bought for 10 so many days after they came."""
    return Seen(arm, since, [(since + timedelta(days=day), 10.0) for day in bought])


def test_only_what_happens_within_the_window_counts():
    people = [seen("without"), seen("without", 8), seen("with", 1), seen("with", 1, 2)]
    found = told(people, MONDAY + 2 * WEEK, planned=4)
    assert [arm.conversions.mean for arm in found.arms] == [0, 1]
    assert [arm.money.mean for arm in found.arms] == [0, 15]
    assert found.done


def test_who_has_yet_to_live_through_the_window_does_not_count():
    late = MONDAY + timedelta(days=1)
    people = [*[seen("without"), seen("with", 1)] * 2, seen("with", 1, since=late)]
    found = told(people, MONDAY + WEEK)
    assert (found.waiting, found.arms[1].conversions.customers, found.done) == (1, 2, False)


def test_who_bought_before_as_well_is_no_proof():
    """Those with it bought already before: CUPED takes that out."""
    people = [
        *[seen("without")] * 20,
        *[seen("without", -1, 1)] * 10,
        *[seen("with", -1, 1)] * 20,
        *[seen("with")] * 10,
    ]
    [result] = told(people, MONDAY + WEEK).results
    assert result.brought.rate.difference.estimate == pytest.approx(0)


def test_a_split_that_loses_customers_is_told():
    assert told([seen("without"), seen("with")] * 500, MONDAY + WEEK).sound
    assert not told([seen("without")] * 600 + [seen("with")] * 400, MONDAY + WEEK).sound


def test_an_empty_arm_is_too_few():
    with pytest.raises(TooFew):
        told([seen("with"), seen("with", 1)], MONDAY + WEEK)


HALF = [*[seen("without"), seen("with")] * 50, *[seen("without", 1), seen("with", 1)] * 50]


def test_the_planned_end_is_a_whole_week_and_the_window_after_enough_came():
    assert not told(HALF, MONDAY + 2 * WEEK - timedelta(seconds=1), planned=200).done
    concluded = told(HALF, MONDAY + 2 * WEEK, planned=200)
    assert (concluded.done, concluded.last_entry, concluded.method) == (True, MONDAY + WEEK, "Welch with CUPED")
    assert concluded.results[0].brought.rate.p_value == pytest.approx(1)


def test_the_conclusion_does_not_change_with_who_comes_later():
    after = [seen("with", 1, since=MONDAY + WEEK + timedelta(days=1))] * 100
    now = MONDAY + 4 * WEEK
    assert told(HALF + after, now, planned=200) == told(HALF, now, planned=200)


def test_who_came_before_the_start_does_not_count():
    before = [seen("with", 1, since=MONDAY - timedelta(days=1))] * 50
    assert told(HALF + before, MONDAY + WEEK) == told(HALF, MONDAY + WEEK)


def test_before_the_planned_end_the_interval_is_wider_as_it_holds_at_every_look():
    on_the_way, at_the_end = told(HALF, MONDAY + WEEK, planned=200), told(HALF, MONDAY + 2 * WEEK, planned=200)
    wide, narrow = (each.results[0].brought.rate.difference for each in (on_the_way, at_the_end))
    assert wide.high - wide.low > narrow.high - narrow.low
    assert on_the_way.method == "confidence sequence"


def test_with_several_arms_what_is_said_holds_of_all_at_once():
    people = [*HALF, *[seen("other"), seen("other", 1)] * 50]
    rules = Rules({**EVEN, "other": 50.0}, WEEK, 300, MONDAY)
    [one, _] = report(people, rules, MONDAY + 2 * WEEK).results
    [alone] = told(HALF, MONDAY + 2 * WEEK, planned=200).results
    assert one.brought.rate.difference.low < alone.brought.rate.difference.low


def test_a_guardrail_metric_that_rises_is_named_beside_the_success():
    angry = Seen("with", MONDAY, [(MONDAY, 10.0)], {"unsubscribed": [MONDAY + timedelta(days=1)]})
    people = [*[seen("without")] * 500, *[angry] * 500]
    found = told(people, MONDAY + WEEK, guards=[Guard("unsubscribed", 0.25)])
    assert found.results[0].guards[0].state == "harmed"
    [verdict] = verdicts(found)
    assert verdict.kind == "better"
    assert "But it makes worse: unsubscribed." in verdict.says


def test_of_a_broken_split_nothing_is_concluded():
    people = [*[seen("without")] * 600, *[seen("with", 1)] * 400]
    [verdict] = verdicts(told(people, MONDAY + WEEK))
    assert verdict.kind == "broken"
    assert "nothing here can be believed" in verdict.says


def test_the_lift_by_segment_is_of_those_who_were_in_it_when_they_came():
    def person(arm: str, loyal: bool, *bought: float) -> Seen:
        return Seen(arm, MONDAY, [(MONDAY + timedelta(days=day), 10.0) for day in bought], {}, {"loyal": loyal})

    nobody = [person(arm, loyal) for arm in EVEN for loyal in (True, False) for _ in range(100)]
    found = told([*nobody, *[person("with", True, 1)] * 50, *[person("without", True)] * 50], MONDAY + WEEK)
    [loyal] = found.results[0].segments
    assert (loyal.name, loyal.customers) == ("loyal", 300)
    assert loyal.inside.difference.estimate == pytest.approx(50 / 150)
    assert loyal.outside.difference.estimate == 0
    assert loyal.differ.low > 0


HELD_OUT = {"holdout": 50.0, "journey": 50.0}


def test_a_lift_without_a_window_counts_all_of_the_period_for_whoever_came_before_it_too():
    span = Span(None, WEEK, start=MONDAY, end=MONDAY + 4 * WEEK)
    people = [
        Seen("journey", MONDAY - WEEK, [(MONDAY - timedelta(days=1), 5.0), (MONDAY + WEEK, 10.0)]),
        *[Seen("journey", MONDAY + WEEK, [(MONDAY + 3 * WEEK, 10.0)])] * 99,
        *[Seen("holdout", MONDAY, [])] * 100,
    ]
    found = lift(people, HELD_OUT, span)
    assert found.brought.money.estimate == pytest.approx(100 * 10)
    assert found.brought.money.low > 0
    assert says(found) == "It brings money that would not have come anyway."


def test_a_lift_with_a_window_counts_those_who_came_in_the_period_and_lived_through_it():
    span = Span(WEEK, WEEK, start=MONDAY, end=MONDAY + 2 * WEEK)
    people = [
        *[seen("journey", 1), seen("holdout")] * 100,
        seen("journey", 1, since=MONDAY - WEEK),
        seen("journey", 1, since=MONDAY + 2 * WEEK),
    ]
    found = lift(people, HELD_OUT, span)
    assert (found.treated.conversions.customers, found.waiting) == (100, 1)


def test_a_lift_that_may_be_chance_is_not_called_one():
    span = Span(WEEK, WEEK, start=MONDAY, end=MONDAY + WEEK)
    people = [*[seen("journey", 1), seen("holdout", 1)] * 3, *[seen("journey"), seen("holdout")] * 50]
    assert says(lift([*people, seen("journey", 1)], HELD_OUT, span)).startswith("Nothing is proven")


def test_the_course_is_what_the_reports_on_the_way_said():
    people = [seen(arm, *bought, since=MONDAY + timedelta(days=day)) for day in range(14) for arm in EVEN
              for bought in ((), (1,), (1, 2))]  # fmt: skip
    rules = Rules(EVEN, WEEK, 1000, MONDAY)
    end = MONDAY + 3 * WEEK
    points = course(people, rules, ("without", "with"), end, looks=4)
    assert [point.at for point in points] == [MONDAY + WEEK + timedelta(days=3.5 * n) for n in (1, 2, 3, 4)]
    for point in points:
        assert point.difference == report(people, rules, point.at).results[0].brought.rate.difference
