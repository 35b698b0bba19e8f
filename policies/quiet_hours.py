"""No marketing while the customer is likely to sleep, on their own clock."""

from datetime import UTC, datetime, time, timedelta
from typing import ClassVar

from pydantic import Field

from journeys.times import ZoneName
from policies.model import Allow, Facts, Hold, Policy, Verdict


class QuietHoursPolicy(Policy):
    """Hold marketing from `from` to `to`, which may lie on the next morning."""

    name: ClassVar[str] = "quiet_hours"

    start: time = Field(alias="from", default=time(21))
    end: time = Field(alias="to", default=time(8))
    unknown_zone: ZoneName | None = None
    """The zone to go by for a customer whose own is unknown; the project's, unless named here."""

    def judge(self, facts: Facts) -> Verdict:
        local = facts.local(self.unknown_zone)
        if facts.action.purpose != "marketing" or not self._quiet(local.time()):
            return Allow()
        until = self._end_after(local)
        return Hold(until=until, reason=f"quiet hours until {until.astimezone(local.tzinfo):%a %H:%M}")

    def _quiet(self, clock: time) -> bool:
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def _end_after(self, local: datetime) -> datetime:
        """The next end of the quiet hours, in UTC. Compared in UTC: a change of clocks must not hide it."""
        days = (local.date(), local.date() + timedelta(days=1), local.date() + timedelta(days=2))
        ends = (datetime.combine(day, self.end, tzinfo=local.tzinfo).astimezone(UTC) for day in days)
        return next(end for end in ends if end > local.astimezone(UTC))
