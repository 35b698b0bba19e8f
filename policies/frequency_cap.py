"""Not too many marketing messages to one customer. Transactional ones are exempt, but they count."""

from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from journeys.times import Duration, format_duration
from policies.model import Allow, Contact, Deny, Facts, Hold, Policy, Verdict


class Cap(BaseModel):
    """At most `most` messages in any stretch of `within`, over one channel or over all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    most: int = Field(ge=1)
    within: Duration = Field(le=timedelta(days=31))
    channel: str | None = None

    def counted(self, facts: Facts) -> list[Contact]:
        since = facts.now - self.within
        return [c for c in facts.contacts if c.at > since and self.channel in (None, c.channel)]


class FrequencyCapPolicy(Policy):
    """Deny, or hold until there is room again, what would go over a cap. Reserved messages count as sent."""

    name: ClassVar[str] = "frequency_cap"
    horizon_days: ClassVar[int] = 31

    caps: tuple[Cap, ...] = (Cap(most=2, within=timedelta(days=1)), Cap(most=6, within=timedelta(days=7)))
    when_reached: Literal["skip", "hold"] = "skip"

    def judge(self, facts: Facts) -> Verdict:
        if facts.action.purpose != "marketing":
            return Allow()
        for cap in self.caps:
            counted = cap.counted(facts)
            if cap.channel in (None, facts.action.channel) and len(counted) >= cap.most:
                return self._over(cap, counted)
        return Allow()

    def _over(self, cap: Cap, counted: list[Contact]) -> Verdict:
        what = f"{cap.channel} messages" if cap.channel else "messages"
        reason = f"the customer had {len(counted)} {what} in {format_duration(cap.within)}; the cap is {cap.most}"
        if self.when_reached == "skip":
            return Deny(reason=reason)
        room = sorted(c.at for c in counted)[len(counted) - cap.most] + cap.within
        return Hold(until=room, reason=reason)
