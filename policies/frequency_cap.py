"""Not too many marketing messages to one customer. Transactional ones are exempt, but they count."""

from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeys.parts import Purpose
from journeys.times import Duration, say_duration
from policies.model import Action, Allow, Contact, Deny, Facts, Hold, Need, Policy, Verdict

_DAY = timedelta(days=1)


class Cap(BaseModel):
    """At most `most` messages `within` a stretch of time, of one channel, purpose or journey, or of all.

    The stretch is any of that length, or with `calendar` whole days on the customer's clock, today the last; the
    longest of them where their zone is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    most: int = Field(ge=1)
    within: Duration = Field(le=timedelta(days=31))
    calendar: bool = False
    channel: str | None = None
    purpose: Purpose | None = None
    """Which messages count; all, unless one is named."""
    each_journey: bool = False
    """Whether only the messages of the same journey count."""

    @model_validator(mode="after")
    def _whole_days(self) -> "Cap":
        if self.calendar and (self.within < _DAY or self.within % _DAY):
            raise ValueError("a cap by the calendar counts whole days: write 1d, 7d or 2w")
        return self

    def counted(self, facts: Facts) -> list[Contact]:
        """The messages that count, oldest first."""
        since = self._since(facts)
        return sorted((c for c in facts.contacts if c.at > since and self._counts(c, facts)), key=lambda c: c.at)

    def room_after(self, contact: Contact, facts: Facts) -> datetime:
        """When a message that counts now does no longer, in UTC."""
        if not self.calendar:
            return contact.at + self.within
        return max(_midnight(contact.at.astimezone(zone).date() + self.within, zone) for zone in facts.zones)

    def _since(self, facts: Facts) -> datetime:
        if not self.calendar:
            return facts.now - self.within
        before = self.within - _DAY
        began = min(_midnight(facts.now.astimezone(zone).date() - before, zone) for zone in facts.zones)
        # Midnight itself belongs to the day.
        return began - timedelta(microseconds=1)

    def _counts(self, contact: Contact, facts: Facts) -> bool:
        return (
            self.channel in (None, contact.channel)
            and self.purpose in (None, contact.purpose)
            and (not self.each_journey or contact.journey == facts.action.journey)
        )


class FrequencyCapPolicy(Policy):
    """Deny, or hold until there is room again, what would go over a cap. Reserved messages count as sent."""

    name: ClassVar[str] = "frequency_cap"
    horizon_days: ClassVar[int] = 32

    caps: tuple[Cap, ...] = (Cap(most=2, within=timedelta(days=1)), Cap(most=6, within=timedelta(days=7)))
    when_reached: Literal["skip", "hold"] = "skip"

    @property
    def needed(self) -> frozenset[Need]:
        return frozenset({"country"}) if any(cap.calendar for cap in self.caps) else frozenset()

    def concerns(self, action: Action) -> bool:
        return action.purpose == "marketing"

    def verdict(self, facts: Facts) -> Verdict:
        for cap in self.caps:
            if cap.channel not in (None, facts.action.channel) or cap.purpose not in (None, "marketing"):
                continue
            counted = cap.counted(facts)
            if len(counted) >= cap.most:
                return self._over(cap, counted, facts)
        return Allow()

    def _over(self, cap: Cap, counted: list[Contact], facts: Facts) -> Verdict:
        what = f"{cap.channel} message" if cap.channel else "message"
        whose = f" from '{facts.action.journey}'" if cap.each_journey else ""
        several = "s" if counted[1:] else ""
        span = say_duration(cap.within)
        reason = f"the customer had {len(counted)} {what}{several}{whose} in {span}; the cap is {cap.most}"
        if self.when_reached == "skip":
            return Deny(reason=reason)
        return Hold(until=cap.room_after(counted[len(counted) - cap.most], facts), reason=reason)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
