"""What a schedule may say, and what is told of one that says nothing."""

from datetime import datetime
from pathlib import Path

import pytest

import yamlfile
from journeys.model import Journey
from journeys.schedules import as_cron, falls_on


@pytest.mark.parametrize(
    ("written", "cron"),
    [
        ("daily at 09:00", "0 9 * * *"),
        ("monday at 9:05", "5 9 * * 1"),
        ("sunday at 23:59", "59 23 * * 0"),
        ("Daily  at 00:00", "0 0 * * *"),
        ("0 9 1 * *", "0 9 1 * *"),
        ("*/15 8-18/2 * jan-mar MON,wed", "*/15 8-18/2 * jan-mar mon,wed"),
    ],
)
def test_a_schedule_is_read(written: str, cron: str):
    assert as_cron(written) == cron


@pytest.mark.parametrize(
    ("schedule", "falls", "does_not"),
    [
        ("daily at 09:00", "2035-01-08T09:00", "2035-01-08T09:01"),
        ("monday at 09:00", "2035-01-08T09:00", "2035-01-09T09:00"),
        ("sunday at 09:00", "2035-01-07T09:00", "2035-01-08T09:00"),
        ("0 9 * * 7", "2035-01-07T09:00", "2035-01-08T09:00"),
        ("0 9 1 * *", "2035-02-01T09:00", "2035-02-02T09:00"),
        ("*/15 8-18/2 * jan-mar mon,wed", "2035-01-10T10:45", "2035-01-10T11:45"),
        ("5/20 * * * *", "2035-01-10T10:45", "2035-01-10T10:40"),
        ("0 0 13 * fri", "2035-04-13T00:00", "2035-04-06T00:00"),
    ],
)
def test_a_schedule_falls_on_its_minutes(schedule: str, falls: str, does_not: str):
    assert falls_on(schedule, datetime.fromisoformat(falls))
    assert not falls_on(schedule, datetime.fromisoformat(does_not))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("daily at 24:00", "24:00 is not a time of day"),
        ("someday at 09:00", "'someday' is not a weekday"),
        ("every morning", "'every morning' is not a schedule; write 'daily at 09:00'"),
        ("0 9 * *", "is not a schedule"),
        ("60 9 * * *", "'60' is no minute from 0 to 59"),
        ("0 9 0 * *", "'0' is no day of the month from 1 to 31"),
        ("0 9 * foo *", "'foo' is no month from 1 to 12"),
        ("0 18-8 * * *", "'18-8' is no hour from 0 to 23"),
        ("*/0 * * * *", "'*/0' is no minute"),
        ("1-2-3 * * * *", "'1-2-3' is no minute"),
        ("- * * * *", "'-' is no minute"),
        ("² * * * *", "'²' is no minute"),
    ],
)
def test_what_is_no_schedule_is_told(written: str, told: str):
    with pytest.raises(ValueError, match=told.replace("*", r"\*").replace("-", r"\-")):
        as_cron(written)


def test_a_wrong_schedule_in_a_journey_is_told_at_its_line():
    text = (
        "journey: welcome\nowner: m@northwind.example\nstart:\n  schedule: funday at 09:00\nsteps: [{wait: 1d}]\n"
    )

    with pytest.raises(yamlfile.FileProblems) as error:
        yamlfile.validate(Journey, yamlfile.read(Path("welcome.yaml"), text))

    assert [str(problem) for problem in error.value.problems] == ["welcome.yaml:4:3: 'funday' is not a weekday"]
