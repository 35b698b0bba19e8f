"""Hours of the week at which something may happen, on every clock that a customer may live by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from policies.model.facts import Facts
from policies.model.verdicts import Allow, Deny, Hold, Verdict

Span = tuple[time, time | None]
"""From when until before when on one day; None is midnight."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """The open spans of each day of the week, Monday first."""

    days: tuple[tuple[Span, ...], ...]

    @classmethod
    def daily(cls, *spans: Span) -> "Hours":
        """The same on every day."""
        return cls((spans,) * 7)

    @classmethod
    def outside(cls, start: time, end: time) -> "Hours":
        """All but the time from `start` to before `end`, which may lie on the next morning."""
        return cls.daily((time(0), start), (end, None)) if start <= end else cls.daily((end, start))

    def within(self, other: "Hours") -> "Hours":
        """What is open in both."""
        return Hours(tuple(_common(ours, theirs) for ours, theirs in zip(self.days, other.days, strict=True)))

    def verdict(self, facts: Facts, what: str) -> Verdict:
        """Allow in open hours; else hold until clocks show some wherever the customer may be, or deny if they
        never do all at once. `what` is that in which the message came, such as `quiet hours`."""
        opens = self.first_open(facts.now, facts.zones)
        if opens is None:
            return Deny(reason=f"it is always {what}{facts.somewhere}")
        if opens == facts.now:
            return Allow()
        zone, named = (facts.zones[0], "") if len(facts.zones) == 1 else (UTC, " UTC")
        return Hold(until=opens, reason=f"{what}{facts.somewhere} until {opens.astimezone(zone):%a %H:%M}{named}")

    def first_open(self, now: datetime, zones: Iterable[ZoneInfo]) -> datetime | None:
        """The first moment from `now` on at which clocks of all zones show open hours, in UTC unless it is now;
        None when there is none in a week."""
        moment: datetime | None = now
        while moment is not None and moment <= now + self._round:
            for zone in zones:
                if not self._open(moment.astimezone(zone)):
                    moment = self._next_opening(moment, zone)
                    break
            else:
                return moment
        return None

    @cached_property
    def _round(self) -> timedelta:
        """After how long all has been seen: a day or a week, and another day for a change of clocks."""
        return 2 * _DAY if len(set(self.days)) == 1 else 8 * _DAY

    def _open(self, local: datetime) -> bool:
        clock = local.time()
        # It is asked for every zone of a country, and a generator costs as much again.
        for start, end in self.days[local.weekday()]:  # noqa: SIM110 for that reason
            if start <= clock and (end is None or clock < end):
                return True
        return False

    def _next_opening(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Compared in UTC: a change of clocks must not hide it."""
        today = moment.astimezone(zone).date()
        for ahead in range(self._round.days + 1):
            day = today + ahead * _DAY
            for start, end in self.days[day.weekday()]:
                opens = datetime.combine(day, start, tzinfo=zone).astimezone(UTC)
                if opens > moment and (end is None or start < end):
                    return opens
        return None


def _common(ours: tuple[Span, ...], theirs: tuple[Span, ...]) -> tuple[Span, ...]:
    """What some spans of a day share with others; what is empty is never open."""
    return tuple(
        (max(start, other), min((each for each in (end, other_end) if each is not None), default=None))
        for start, end in ours
        for other, other_end in theirs
    )
