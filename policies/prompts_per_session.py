"""Not too many prompts while a customer is at work."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from journeys.times import Duration
from policies.model import Action, Allow, Deny, Facts, Policy, Verdict


class PromptsPerSessionPolicy(Policy):
    """Deny more than `most` prompts on `channels` in one session.

    A session begins when the customer's `attribute` says, an ISO 8601 time; without it, it is the last `within`.
    """

    name: ClassVar[str] = "prompts_per_session"
    horizon_days: ClassVar[int] = 1

    most: int = Field(default=3, ge=1)
    channels: tuple[str, ...] = ("banner", "checklist", "tooltip")
    attribute: str = "session_started_at"
    within: Duration = Field(default=timedelta(minutes=30), le=timedelta(days=1))

    def concerns(self, action: Action) -> bool:
        return action.channel in self.channels

    def verdict(self, facts: Facts) -> Verdict:
        began = facts.session_began(self.attribute, self.within)
        shown = sum(1 for c in facts.contacts if c.channel in self.channels and c.at >= began)
        if shown < self.most:
            return Allow()
        return Deny(reason=f"{shown} prompts were shown in this session; at most {self.most} may be")
