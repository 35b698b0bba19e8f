"""Telemarketing hours in the United States: federal law and the stricter states, on the customer's clock."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from journeys.times import known_zone
from policies.model import Allow, Deny, Facts, Hold, Policy, Verdict
from policies.tables.us_hours import open_hours

_ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu",
)  # fmt: skip


class UsHoursPolicy(Policy):
    """Hold marketing over `channels` to customers in the US outside the hours of their state.

    `country` and `state` name the attributes that tell where the customer is. Where the state is unknown, the
    strictest hours count; where the time zone is unknown too, it must be an allowed hour in every zone of the US.
    """

    name: ClassVar[str] = "us_hours"

    channels: frozenset[str] = frozenset({"sms"})
    country: str = "country"
    state: str = "state"

    @property
    def attributes(self) -> frozenset[str]:
        return frozenset(path.partition(".")[0] for path in (self.country, self.state))

    def judge(self, facts: Facts) -> Verdict:
        action = facts.action
        in_us = str(facts.attribute(self.country) or "").upper() in ("US", "USA")
        if action.purpose != "marketing" or action.channel not in self.channels or not in_us:
            return Allow()
        state = str(facts.attribute(self.state) or "").upper().removeprefix("US-") or None
        own = known_zone(facts.time_zone)
        zones = (own,) if own else tuple(ZoneInfo(name) for name in _ZONES)
        opens = _opens(facts.now, zones, state)
        if opens is None:
            return Deny(reason="no hour is allowed in every time zone of the US")
        if opens <= facts.now:
            return Allow()
        where = f"in {state}" if state else "in an unknown state of the US"
        return Hold(until=opens, reason=f"outside the hours for marketing {where}")


def _opens(now: datetime, zones: tuple[ZoneInfo, ...], state: str | None) -> datetime | None:
    """The first moment from now on that lies within the open hours of every zone, in UTC."""
    moment = now
    for _ in range(8 * len(zones)):
        later = max(_next_open(moment, zone, state) for zone in zones)
        if later == moment:
            return moment
        moment = later
    return None


def _next_open(moment: datetime, zone: ZoneInfo, state: str | None) -> datetime:
    local = moment.astimezone(zone)
    for ahead in range(3):
        day = local.date() + timedelta(days=ahead)
        start, end = (
            datetime.combine(day, t, tzinfo=zone).astimezone(UTC) for t in open_hours(state, day.weekday())
        )
        if moment < end:
            return max(start, moment)
    raise AssertionError("every day has open hours")
