"""When approvers work, and who is asked after them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from journeys.approvers import ApproverGroup, WorkingHours, check_escalations, plan

OFFICE = WorkingHours.model_validate({"from": "09:00", "to": "17:00", "time_zone": "Europe/Berlin"})
"""Monday to Friday."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


@pytest.mark.parametrize(
    ("begin", "hours", "end"),
    [
        ("2026-03-03T09:00", 4, "2026-03-03T13:00"),  # within a Tuesday; Berlin is an hour ahead
        ("2026-03-03T15:00", 4, "2026-03-04T11:00"),  # an hour is left today
        ("2026-03-03T03:00", 1, "2026-03-03T09:00"),  # at night: from the morning on
        ("2026-03-06T15:00", 2, "2026-03-09T09:00"),  # Friday afternoon: on Monday
        ("2026-03-07T12:00", 8, "2026-03-09T16:00"),  # on a Saturday: Monday evening
        ("2026-03-27T15:30", 1, "2026-03-30T07:30"),  # the clocks go forward in between
        ("2026-10-23T14:30", 1, "2026-10-26T08:30"),  # the clocks go back in between
        ("2026-03-03T08:00", 40, "2026-03-09T16:00"),  # a working week
    ],
)
def test_only_working_time_counts(begin: str, hours: int, end: str):
    assert OFFICE.after(at(begin), timedelta(hours=hours)) == at(end)


def test_each_group_has_its_own_working_time_and_then_the_next_is_asked():
    groups = {
        "marketing": ApproverGroup(hours=OFFICE, escalate_to="brand"),
        "brand": ApproverGroup(hours=OFFICE, escalate_to="ops"),
    }
    found = plan(groups, "marketing", at("2026-03-03T15:00"), timedelta(hours=4))
    assert [turn for turn in found.turns if turn[1]] == [
        (at("2026-03-04T11:00"), "brand"),
        (at("2026-03-04T15:00"), "ops"),
    ]
    assert found.deadline == at("2026-03-04T19:00"), "ops is not described, so it works always"


def test_a_group_that_is_not_described_works_always():
    found = plan({}, "marketing", at("2026-03-07T12:00"), timedelta(hours=24))
    assert found.turns == ((at("2026-03-08T06:00"), ""),), "reminded when six hours are left"
    assert found.deadline == at("2026-03-08T12:00")


def test_a_group_is_reminded_in_its_working_hours_when_a_quarter_of_its_time_is_left():
    groups = {"marketing": ApproverGroup(hours=OFFICE, escalate_to="brand"), "brand": ApproverGroup(hours=OFFICE)}
    found = plan(groups, "marketing", at("2026-03-06T14:00"), timedelta(hours=4))  # two hours are left on Friday
    assert found.turns == (
        (at("2026-03-09T09:00"), ""),
        (at("2026-03-09T10:00"), "brand"),
        (at("2026-03-09T13:00"), ""),
    )


def test_what_is_over_in_minutes_is_not_worth_a_reminder():
    assert plan({}, "marketing", at("2026-03-07T12:00"), timedelta(minutes=19)).turns == ()


@pytest.mark.parametrize(
    "given",
    [
        {"from": "17:00", "to": "09:00"},
        {"days": []},
        {"days": ["mon"]},
        {"time_zone": "Mars/Olympus"},
        {"form": "1"},
    ],
)
def test_hours_that_make_no_sense_are_refused(given: dict[str, Any]):
    with pytest.raises(ValidationError):
        WorkingHours.model_validate(given)


def test_groups_do_not_escalate_in_a_circle():
    groups = {"a": ApproverGroup(escalate_to="b"), "b": ApproverGroup(escalate_to="a")}
    with pytest.raises(ValueError, match="in a circle: a to b to a"):
        check_escalations(groups)
