"""Durations and times of day as people write them: `30m`, `4h`, `3d`, `next day at 10:00`."""

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(?:\d+[smhdw])(?:\s*\d+[smhdw])*")
_PART = re.compile(r"(\d+)([smhdw])")
# Ten years: longer than any journey, short enough for every calendar.
_LONGEST = timedelta(days=3653)
_MOST = int(_LONGEST.total_seconds())
_TIME_OF_DAY = re.compile(r"(?:(next day|\w+day|\d{4}-\d{2}-\d{2})\s+)?at\s+(\d{1,2}):(\d{2})")
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def parse_duration(text: object) -> timedelta:
    """Read `30m`, `4h`, `3d`, `1w` or a run of them such as `1h 30m`. Raises ValueError."""
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str) or not _DURATION.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is not a duration; write 30m, 4h, 3d or 1w")
    parts = _sum_parts(text)
    if any(count > _MOST for count in parts.values()) or timedelta(**parts) > _LONGEST:
        raise ValueError(f"{text!r} is longer than {format_duration(_LONGEST)}")
    return timedelta(**parts)


def _sum_parts(text: str) -> dict[str, int]:
    parts: dict[str, int] = {}
    for number, unit in _PART.findall(text):
        parts[_UNITS[unit]] = parts.get(_UNITS[unit], 0) + int(number)
    return parts


def format_duration(duration: timedelta) -> str:
    """The shortest way to write a duration: `1h 30m`, `3d`, `0s`."""
    seconds, words = int(duration.total_seconds()), list[str]()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words) or "0s"


def say_duration(duration: timedelta) -> str:
    """A duration in words: `1 hour 30 minutes`, `3 days`."""
    seconds, words = int(duration.total_seconds()), list[str]()
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(words) or "no time"


def as_duration(moment: str) -> timedelta | None:
    """The duration that a moment is; None for a time of day or a date."""
    return None if _TIME_OF_DAY.fullmatch(moment) else parse_duration(moment)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+[smhdw])(\s*\d+[smhdw])*$", "examples": ["30m", "4h"]}),
]


def check_moment(text: object) -> str:
    """A duration, or a time of day in the customer's zone. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a time; write 30m, 'next day at 10:00' or 'monday at 09:00'")
    cleaned = " ".join(text.split())
    if match := _TIME_OF_DAY.fullmatch(cleaned):
        day, hour, minute = match.groups()
        if day and day[0].isdigit():
            date.fromisoformat(day)
        elif day not in (None, "next day", *WEEKDAYS):
            raise ValueError(f"'{day}' is not a weekday")
        if int(hour) > 23 or int(minute) > 59:
            raise ValueError(f"{hour}:{minute} is not a time of day")
        return cleaned
    parse_duration(cleaned)
    return cleaned


Moment = Annotated[str, BeforeValidator(check_moment)]
"""When a wait ends: `30m`, `at 10:00` (the next one), `next day at 10:00`, `monday at 09:00`,
`2026-12-24 at 09:00` (a date that is past ends the wait at once)."""

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def resolve_moment(moment: str, now: datetime, zone: tzinfo) -> datetime:
    """The instant at which a wait that starts at `now` ends, in UTC.

    Times of day are the customer's own, in `zone`. A wall-clock time that a change of clocks skips
    is taken with the offset before the change, as PEP 495 reads it, so the wait still ends that morning.
    """
    match = _TIME_OF_DAY.fullmatch(moment)
    if match is None:
        return now + parse_duration(moment)
    day, hour, minute = match.groups()
    local = now.astimezone(zone)
    if day and day[0].isdigit():
        return at_clock(date.fromisoformat(day), time(int(hour), int(minute)), zone)
    ahead = 1 if day == "next day" else (WEEKDAYS.index(day) - local.weekday()) % 7 if day else 0
    target = _at(local, ahead, time(int(hour), int(minute)))
    if target <= now:
        target = _at(local, ahead + (7 if day in WEEKDAYS else 1), time(int(hour), int(minute)))
    return target


def at_clock(day: date, clock: time, zone: tzinfo) -> datetime:
    """The instant at which clocks in `zone` show `clock` on a day, in UTC."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(ZoneInfo("UTC"))


def _at(local: datetime, days_ahead: int, clock: time) -> datetime:
    return at_clock(local.date() + timedelta(days=days_ahead), clock, cast(tzinfo, local.tzinfo))


def zone_or_utc(name: str | None) -> ZoneInfo:
    """The named IANA zone, or UTC when it is unknown."""
    return known_zone(name) or ZoneInfo("UTC")


def known_zone(name: str | None) -> ZoneInfo | None:
    """The named IANA zone, or None. The name may be anything: events bring it."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, as `Europe`, is an OSError
        return None


def check_zone(name: str) -> str:
    """A name that is an IANA zone. Raises ValueError."""
    if known_zone(name) is None:
        raise ValueError(f"'{name}' is not a time zone; write one such as Europe/Berlin")
    return name


ZoneName = Annotated[str, AfterValidator(check_zone)]
