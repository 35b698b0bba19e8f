"""The groups that decide: when they work, and who is asked after them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeys.times import Weekday, ZoneName, at_clock, zone_or_utc

_WEEK: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_DAYS = 3653
"""Ten years, as the longest duration has."""
_REMINDED_AT = 0.25
"""The share of its time that a group has left when it is reminded."""
_WORTH_A_REMINDER = timedelta(minutes=20)


class WorkingHours(BaseModel):
    """When people work: on some days, from one time of day to another, on their own clock."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    start: time = Field(alias="from", default=time(9))
    end: time = Field(alias="to", default=time(17))
    days: tuple[Weekday, ...] = Field(default=_WEEK[:5], min_length=1)
    time_zone: ZoneName = "UTC"

    @model_validator(mode="after")
    def _not_empty(self) -> "WorkingHours":
        if self.start >= self.end:
            raise ValueError("working hours end after they start, on the same day")
        return self

    def after(self, begin: datetime, span: timedelta) -> datetime:
        """The moment (UTC) at which so much working time has passed since `begin`."""
        left = span
        for opens, closes in self._shifts(begin):
            opens = max(opens, begin)
            if closes - opens >= left:
                return opens + left
            left -= max(closes - opens, timedelta(0))
        raise ValueError(f"{span} of working time are longer than ten years")

    def _shifts(self, begin: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The shifts from the day of `begin` on. One that a change of clocks swallows is empty."""
        zone = zone_or_utc(self.time_zone)
        first = begin.astimezone(zone).date()
        for ahead in range(_LONGEST_DAYS):
            day = first + timedelta(days=ahead)
            if _WEEK[day.weekday()] in self.days:
                opens, closes = at_clock(day, self.start, zone), at_clock(day, self.end, zone)
                if closes > begin:
                    yield opens, closes


class ApproverGroup(BaseModel):
    """A group that decides. What is not said here is as for a group that is not named at all: it works always,
    and nobody is asked after it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: WorkingHours | None = None
    """None is always."""
    escalate_to: str = ""
    """The group that is asked when this one lets its time pass."""

    def after(self, begin: datetime, span: timedelta) -> datetime:
        """The moment (UTC) at which the group has had so much time since `begin`."""
        return begin + span if self.hours is None else self.hours.after(begin, span)


class Plan(BaseModel):
    """Who is asked as long as nobody decides, from when on, and when it is over. In UTC."""

    model_config = ConfigDict(frozen=True)

    turns: tuple[tuple[datetime, str], ...]
    """Each with the group that is asked from then on; with an empty one, whoever is asked then is reminded."""
    deadline: datetime


def plan(groups: Mapping[str, ApproverGroup], group: str, asked_at: datetime, within: timedelta) -> Plan:
    """Each group has `within` of its own working time, and is reminded when a quarter of that is left; then the
    next is asked."""
    turns: list[tuple[datetime, str]] = []
    begin, known = asked_at, groups.get(group, ApproverGroup())
    while True:
        if within >= _WORTH_A_REMINDER:
            turns.append((known.after(begin, within * (1 - _REMINDED_AT)), ""))
        begin = known.after(begin, within)
        group = known.escalate_to
        if not group:
            return Plan(turns=tuple(turns), deadline=begin)
        turns.append((begin, group))
        known = groups.get(group, ApproverGroup())


def is_one_of(person: str, others: Iterable[str]) -> bool:
    """Whether an address is one of others, in whatever case each is written: a journey's `owner` may begin with a
    capital, where an identity provider tells the same person in small letters."""
    return person.casefold() in {other.casefold() for other in others}


def check_escalations(groups: Mapping[str, ApproverGroup]) -> None:
    """Raises ValueError when groups escalate to each other in a circle."""
    for name in groups:
        way, following = [name], groups[name].escalate_to
        while following:
            if following in way:
                raise ValueError(f"groups escalate in a circle: {' to '.join([*way, following])}")
            way.append(following)
            following = groups[following].escalate_to if following in groups else ""
