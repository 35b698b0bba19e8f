from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.model import Allow, Hold, Policy
from policies.quiet_hours import QuietHoursPolicy
from policies.send_window import SendWindowPolicy
from tests.policies.conftest import facts

# Half-hour offsets, half-hour changes of clocks, changes at midnight, a skipped calendar day (Apia, 2011).
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Havana", "America/Santiago",
    "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Beirut", "Africa/Casablanca", "Pacific/Apia", "Pacific/Chatham",
]  # fmt: skip
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
instants = st.datetimes(datetime(2010, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def policy(start: str, end: str) -> QuietHoursPolicy:
    return QuietHoursPolicy.model_validate({"from": start, "to": end})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        ("Europe/Berlin", "2026-03-03T19:59Z", None),
        ("Europe/Berlin", "2026-03-03T20:00Z", "2026-03-04T07:00Z"),
        ("Europe/Berlin", "2026-03-03T23:30Z", "2026-03-04T07:00Z"),
        ("Europe/Berlin", "2026-03-04T06:59Z", "2026-03-04T07:00Z"),
        ("Europe/Berlin", "2026-03-04T07:00Z", None),
        ("Asia/Kathmandu", "2026-03-03T15:15Z", "2026-03-04T02:15Z"),
        # The nights in which Berlin's clocks change are an hour shorter, and an hour longer.
        ("Europe/Berlin", "2026-03-28T20:00Z", "2026-03-29T06:00Z"),
        ("Europe/Berlin", "2026-10-24T19:00Z", "2026-10-25T07:00Z"),
    ],
)
def test_marketing_waits_for_the_customers_morning(zone: str, now: str, until: str | None):
    verdict = policy("21:00", "08:00").judge(facts(now=at(now), time_zone=zone))

    assert verdict == Allow() if until is None else isinstance(verdict, Hold) and verdict.until == at(until)


@pytest.mark.parametrize("written", [QuietHoursPolicy(), SendWindowPolicy(start=time(8), end=time(21))])
def test_without_a_zone_of_their_own_the_projects_clock_counts(written: Policy):
    late_in_berlin = facts(now=at("2026-03-03T20:30Z"), time_zone=None, project_zone="Europe/Berlin")
    verdict = written.judge(late_in_berlin)
    assert isinstance(verdict, Hold)
    assert verdict.until == at("2026-03-04T07:00Z")
    assert written.judge(late_in_berlin.model_copy(update={"project_zone": "Europe/London"})) == Allow()


@pytest.mark.parametrize(("now", "quiet"), [("11:59", False), ("12:00", True), ("13:59", True), ("14:00", False)])
def test_quiet_hours_may_lie_within_one_day(now: str, quiet: bool):
    verdict = policy("12:00", "14:00").judge(facts(now=at(f"2026-03-03T{now}Z")))

    assert isinstance(verdict, Hold) is quiet


def test_quiet_hours_of_no_length_hold_nothing():
    assert policy("08:00", "08:00").judge(facts(now=at("2026-03-03T08:00Z"))) == Allow()


def test_a_transactional_message_does_not_wait():
    night = at("2026-03-04T03:00Z")

    assert policy("21:00", "08:00").judge(facts(purpose="transactional", now=night)) == Allow()


def test_the_reason_tells_the_end_on_the_customers_clock():
    verdict = policy("21:00", "08:00").judge(facts(now=at("2026-03-03T20:00Z"), time_zone="Europe/Berlin"))

    assert isinstance(verdict, Hold)
    assert verdict.reason == "quiet hours until Wed 08:00"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "", "../etc/passwd", "x" * 300])
def test_a_zone_that_does_not_exist_counts_as_unknown(zone: str):
    night_in_new_york = at("2026-03-04T02:00Z")

    verdict = policy("21:00", "08:00").judge(
        facts(now=night_in_new_york, time_zone=zone, project_zone="America/New_York")
    )

    assert isinstance(verdict, Hold)
    assert verdict.until == at("2026-03-04T13:00Z")


@given(clocks, clocks, instants, st.sampled_from(ZONES))
def test_what_is_allowed_is_never_inside_the_quiet_hours_on_the_customers_clock(
    start: time, end: time, now: datetime, zone: str
):
    verdict = QuietHoursPolicy.model_validate({"from": start, "to": end}).judge(facts(now=now, time_zone=zone))

    local = now.astimezone(ZoneInfo(zone)).time()
    inside = start <= local < end if start <= end else local >= start or local < end
    assert isinstance(verdict, Hold) is inside


@given(clocks, clocks, instants, st.sampled_from(ZONES))
def test_a_hold_ends_later_than_now_and_within_two_days(start: time, end: time, now: datetime, zone: str):
    verdict = QuietHoursPolicy.model_validate({"from": start, "to": end}).judge(facts(now=now, time_zone=zone))

    if isinstance(verdict, Hold):
        assert now < verdict.until <= now + timedelta(days=2)
