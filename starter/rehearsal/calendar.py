"""The times of a rehearsal: a fixed week, so that it says the same on whatever day it is played."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated

from pydantic import BeforeValidator

from journeys.times import at_clock, format_duration, parse_duration

_MONDAY = date(2035, 1, 8)
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_CLOCK = r"((?:[01]?\d|2[0-3]):[0-5]\d)"
_ON_WEEKDAY = re.compile(rf"({'|'.join(_WEEKDAYS)}) {_CLOCK}")
_ON_DAY = re.compile(rf"day ([1-9]\d{{0,2}}) {_CLOCK}")


def _check_start(value: object) -> str:
    text = _text(value)
    if not _ON_WEEKDAY.fullmatch(text) and _date_time(text) is None:
        raise ValueError(f"'{text}' is no start; write 'monday 14:00' or '2035-06-30 20:30'")
    return text


def _check_moment(value: object) -> str:
    text = _text(value)
    if not _ON_DAY.fullmatch(text) and _date_time(text) is None:
        try:
            parse_duration(text)
        except ValueError as error:
            raise ValueError(f"'{text}' is no moment; write 31m, 'day 2 10:00' or '2035-06-30 20:30'") from error
    return text


StartTime = Annotated[str, BeforeValidator(_check_start)]
"""`monday 14:00`, or a date and time; on the customer's clock unless an offset says otherwise."""
Moment = Annotated[str, BeforeValidator(_check_moment)]
"""`31m` after the start, `day 2 10:00` where day 1 is that of the start, or a date and time."""


class InThePast(Exception):
    """A rehearsal would start in the past, and time can only be skipped forwards."""


class Calendar:
    """One rehearsal's own calendar, in the customer's zone. Raises InThePast."""

    def __init__(self, start: str, zone: tzinfo) -> None:
        self._zone = zone
        self.start = self._start(start)
        """In UTC."""
        if self.start <= datetime.now(UTC):
            raise InThePast(f"The start {start} lies in the past, and time can only be skipped forwards.")

    def moment(self, text: str) -> datetime:
        """The moment a file names, in UTC."""
        if match := _ON_DAY.fullmatch(text):
            day = self.local(self.start).date() + timedelta(days=int(match[1]) - 1)
            return at_clock(day, _clock(match[2]), self._zone)
        return self._instant(text) or self.start + parse_duration(text)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)

    def label(self, moment: datetime) -> str:
        """How an expectation names a moment: `day 2 10:00`."""
        local = self.local(moment)
        return f"day {(local.date() - self.local(self.start).date()).days + 1} {local:%H:%M}"

    def since_start(self, moment: datetime) -> str:
        """How long after the start, in whole minutes: `20h 20m`."""
        return format_duration(timedelta(minutes=(moment - self.start) // timedelta(minutes=1))).replace(
            "0s", "0m"
        )

    def _start(self, text: str) -> datetime:
        if match := _ON_WEEKDAY.fullmatch(text):
            return at_clock(_MONDAY + timedelta(days=_WEEKDAYS.index(match[1])), _clock(match[2]), self._zone)
        found = self._instant(text)
        assert found is not None, "the file was checked"
        return found

    def _instant(self, text: str) -> datetime | None:
        found = _date_time(text)
        return found and (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(UTC)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else " ".join(str(value).lower().split())


def _clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute))


def _date_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.upper()) if len(text) > len("2035-01-08") else None
    except ValueError:
        return None
