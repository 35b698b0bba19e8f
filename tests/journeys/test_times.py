"""Durations and times of day, on clocks that are put forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.times import check_moment, format_duration, parse_duration, resolve_moment, zone_or_utc

# Half-hour offsets, half-hour changes of clocks, changes at midnight, a skipped calendar day (Apia, 2011).
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Havana", "America/Santiago",
    "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Beirut", "Africa/Casablanca", "Pacific/Apia", "Pacific/Chatham",
]  # fmt: skip
zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.datetimes(datetime(2010, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
clocks = st.tuples(st.integers(0, 23), st.integers(0, 59))
weekdays = st.sampled_from(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
days = st.sampled_from(["", "next day "]) | weekdays.map(lambda day: day + " ")


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30m", timedelta(minutes=30)),
        ("4h", timedelta(hours=4)),
        ("3d", timedelta(days=3)),
        ("1w", timedelta(weeks=1)),
        ("1h 30m", timedelta(hours=1, minutes=30)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("90s", timedelta(seconds=90)),
        ("1h 1h", timedelta(hours=2)),
        ("0s", timedelta()),
    ],
)
def test_a_duration_reads_as_people_write_it(text: str, duration: timedelta):
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "m", "30", "30 minutes", "-1h", "1.5h", "1h,30m", "1y", 30, None, ["1h"]])
def test_what_is_no_duration_is_refused_with_examples(text: object):
    with pytest.raises(ValueError, match="is not a duration; write 30m, 4h, 3d or 1w"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["3654d", "99999999999999d", "9" * 400 + "s", "521w 10d"])
def test_a_duration_longer_than_any_calendar_is_refused(text: str):
    with pytest.raises(ValueError, match="is longer than 3653d"):
        parse_duration(text)


@given(st.integers(0, 3653 * 86400).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_duration_that_is_written_reads_as_itself(duration: timedelta):
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("someday at 10:00", "'someday' is not a weekday"),
        ("next day at 24:00", "24:00 is not a time of day"),
        ("at 10:60", "10:60 is not a time of day"),
        ("at 10", "'at 10' is not a duration"),
        ("tomorrow at 10:00", "'tomorrow at 10:00' is not a duration"),
        (30, "30 is not a time; write 30m, 'next day at 10:00' or 'monday at 09:00'"),
    ],
)
def test_what_is_no_moment_is_refused_with_the_reason(text: object, message: str):
    with pytest.raises(ValueError, match=message):
        check_moment(text)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("moment", "now", "ends"),
    [
        # A Tuesday at 15:00 in Berlin, winter time.
        ("30m", "2026-03-03T14:00Z", "2026-03-03T14:30Z"),
        ("at 16:00", "2026-03-03T14:00Z", "2026-03-03T15:00Z"),
        ("at 10:00", "2026-03-03T14:00Z", "2026-03-04T09:00Z"),
        ("at 15:00", "2026-03-03T14:00Z", "2026-03-04T14:00Z"),
        ("next day at 16:00", "2026-03-03T14:00Z", "2026-03-04T15:00Z"),
        ("friday at 09:00", "2026-03-03T14:00Z", "2026-03-06T08:00Z"),
        ("tuesday at 16:00", "2026-03-03T14:00Z", "2026-03-03T15:00Z"),
        ("tuesday at 09:00", "2026-03-03T14:00Z", "2026-03-10T08:00Z"),
        # Already the next day for the customer, though not in UTC.
        ("next day at 10:00", "2026-03-03T23:30Z", "2026-03-05T09:00Z"),
        # The night of 29 March: 02:30 does not exist, 03:30 is what the clock then shows.
        ("next day at 02:30", "2026-03-28T12:00Z", "2026-03-29T01:30Z"),
        ("next day at 10:00", "2026-03-28T12:00Z", "2026-03-29T08:00Z"),
        # The night of 25 October: 02:30 comes twice. The first counts; once it is past, the next night's does.
        ("at 02:30", "2026-10-25T00:15Z", "2026-10-25T00:30Z"),
        ("at 02:30", "2026-10-25T00:45Z", "2026-10-26T01:30Z"),
        ("24h", "2026-10-24T12:00Z", "2026-10-25T12:00Z"),
    ],
)
def test_a_moment_is_on_the_customers_own_clock(moment: str, now: str, ends: str):
    assert resolve_moment(moment, at(now), BERLIN) == at(ends)


@given(days, clocks, instants, zones)
def test_a_time_of_day_is_always_ahead_and_never_more_than_it_says(
    day: str, clock: tuple[int, int], now: datetime, zone: ZoneInfo
):
    moment = f"{day}at {clock[0]:02}:{clock[1]:02}"

    ends = resolve_moment(moment, now, zone)

    furthest = {"": 1, "next day ": 2}.get(day, 7)
    assert now < ends <= now + timedelta(days=furthest) + timedelta(days=1)


@given(days, clocks, instants, zones)
def test_at_the_end_the_customers_clock_shows_the_time_unless_it_skips_it(
    day: str, clock: tuple[int, int], now: datetime, zone: ZoneInfo
):
    ends = resolve_moment(f"{day}at {clock[0]:02}:{clock[1]:02}", now, zone).astimezone(zone)

    assert (ends.hour, ends.minute) == clock or not _exists(ends, clock, zone)


@given(weekdays, clocks, instants, st.sampled_from(ZONES[:-2]).map(ZoneInfo))
def test_a_weekday_is_that_weekday_for_the_customer(
    day: str, clock: tuple[int, int], now: datetime, zone: ZoneInfo
):
    ends = resolve_moment(f"{day} at {clock[0]:02}:{clock[1]:02}", now, zone).astimezone(zone)

    assert ends.strftime("%A").lower() == day or not _exists(ends, clock, zone)


@given(st.integers(0, 3653 * 86400), instants, zones)
def test_a_duration_is_the_same_everywhere(seconds: int, now: datetime, zone: ZoneInfo):
    duration = timedelta(seconds=seconds)

    assert resolve_moment(format_duration(duration), now, zone) == now + duration


@pytest.mark.parametrize(
    "name", [None, "", "Mars/Olympus", "../../etc/passwd", "Europe/Berlin\0", "Europe", "x" * 300]
)
def test_an_unknown_zone_is_utc(name: str | None):
    assert zone_or_utc(name) == ZoneInfo("UTC")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _exists(near: datetime, clock: tuple[int, int], zone: ZoneInfo) -> bool:
    """Whether the zone's clock shows this time both on the day of `near` and on the day before."""
    for day in (near, near - timedelta(days=1)):
        local = day.replace(hour=clock[0], minute=clock[1], second=0, microsecond=0, tzinfo=zone)
        shown = local.astimezone(UTC).astimezone(zone)
        if (shown.hour, shown.minute) != clock:
            return False
    return True
