"""Schedules as people write them: `daily at 09:00`, `monday at 09:00`, or the five fields of cron."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_WORDS = re.compile(r"(daily|[a-z]+day) at (\d{1,2}):(\d{2})")
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTH_NAMES),
    ("weekday", 0, 7, tuple(day[:3] for day in _DAYS)),
)
_HELP = "write 'daily at 09:00', 'monday at 09:00', or five fields as cron has them, such as '0 9 1 * *'"


def as_cron(schedule: str) -> str:
    """A schedule as the five fields of cron: minute, hour, day of the month, month, weekday. Raises ValueError."""
    text = " ".join(schedule.lower().split())
    if match := _WORDS.fullmatch(text):
        day, hour, minute = match.groups()
        if day != "daily" and day not in _DAYS:
            raise ValueError(f"'{day}' is not a weekday")
        if int(hour) > 23 or int(minute) > 59:
            raise ValueError(f"{hour}:{minute} is not a time of day")
        return f"{int(minute)} {int(hour)} * * {'*' if day == 'daily' else _DAYS.index(day)}"
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"'{schedule}' is not a schedule; {_HELP}")
    for field, (name, lowest, highest, words) in zip(fields, _FIELDS, strict=True):
        _check_field(field, name, lowest, highest, words)
    return text


def falls_on(schedule: str, clock: datetime) -> bool:
    """Whether a schedule falls on the minute of `clock`, a time in the schedule's zone. All five fields must fit,
    as Temporal has it."""
    values = (clock.minute, clock.hour, clock.day, clock.month, clock.isoweekday() % 7)
    fields = zip(as_cron(schedule).split(), _FIELDS, values, strict=True)
    return all(_fits(field, lowest, highest, words, value) for field, (_, lowest, highest, words), value in fields)


def check_schedule(schedule: str) -> str:
    """A schedule that can be read. Raises ValueError."""
    as_cron(schedule)
    return schedule


Schedule = Annotated[str, AfterValidator(check_schedule)]


def _check_field(field: str, name: str, lowest: int, highest: int, words: tuple[str, ...]) -> None:
    """A list of `*`, numbers or ranges, each perhaps in steps: `*/15`, `1-5`, `mon,wed`, `8-18/2`."""
    for item in field.split(","):
        span, has_step, step = item.partition("/")
        ends = [] if span == "*" else [_number(end, words, lowest) for end in span.split("-")]
        wrong = (
            len(ends) > 2
            or any(end is None or not lowest <= end <= highest for end in ends)
            or sorted(end or 0 for end in ends) != [end or 0 for end in ends]
            or (has_step and not (step.isdecimal() and 0 < int(step) <= highest))
        )
        if wrong:
            raise ValueError(f"'{item}' is no {name} from {lowest} to {highest}; {_HELP}")


def _fits(field: str, lowest: int, highest: int, words: tuple[str, ...], value: int) -> bool:
    for item in field.split(","):
        span, _, step = item.partition("/")
        ends = [lowest, highest] if span == "*" else [_number(end, words, lowest) or 0 for end in span.split("-")]
        last = highest if step and len(ends) == 1 else ends[-1]
        # Sunday is both 0 and 7.
        named = {day % 7 if highest == 7 else day for day in range(ends[0], last + 1, int(step or 1))}
        if value in named:
            return True
    return False


def _number(text: str, words: tuple[str, ...], lowest: int) -> int | None:
    if text in words:
        return words.index(text) + lowest
    return int(text) if text.isdecimal() and text.isascii() else None
