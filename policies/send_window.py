"""When messages may leave, on the customer's clock: what a journey's `send_window` says."""

from datetime import UTC, datetime, time, timedelta
from typing import ClassVar

from pydantic import Field

from journeys.times import Weekday, ZoneName
from policies.model import Allow, Deny, Facts, Hold, Policy, Verdict

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class SendWindowPolicy(Policy):
    """Hold everything outside the hours from `from` to `to` and the `days`, where any are named."""

    name: ClassVar[str] = "send_window"

    start: time = Field(alias="from", default=time(0))
    end: time = Field(alias="to", default=time(23, 59, 59))
    days: tuple[Weekday, ...] = ()
    unknown_zone: ZoneName | None = None
    """The zone to go by for a customer whose own is unknown; the project's, unless named here."""

    def judge(self, facts: Facts) -> Verdict:
        local = facts.local(self.unknown_zone)
        for ahead in range(8):
            day = local.date() + timedelta(days=ahead)
            if self.days and _DAYS[day.weekday()] not in self.days:
                continue
            opens = datetime.combine(day, self.start, tzinfo=local.tzinfo).astimezone(UTC)
            closes = datetime.combine(day, self.end, tzinfo=local.tzinfo).astimezone(UTC)
            if opens <= facts.now < closes:
                return Allow()
            if opens > facts.now and opens < closes:
                return Hold(until=opens, reason=f"the send window opens {opens.astimezone(local.tzinfo):%a %H:%M}")
        return Deny(reason="the send window never opens")
