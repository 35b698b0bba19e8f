"""WhatsApp: free text only within a day of the customer's own message, and few marketing messages.

Meta opens a window of 24 hours with each message of the customer; outside it only approved templates are
delivered. Meta also limits marketing templates per user by a limit it does not publish; the caps stay below it.
To numbers of the United States it has delivered no marketing templates since April 2025.
"""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from policies.model import Allow, Deny, Facts, Need, Policy, Verdict

_WINDOW = timedelta(hours=24) - timedelta(seconds=60)
"""A minute less than Meta gives, for the way there."""


class WhatsappWindowPolicy(Policy):
    """Deny free text outside the window, and marketing above `per_day` in 24 hours or `per_week` in 7 days, or to
    numbers of the countries `no_marketing_to`."""

    name: ClassVar[str] = "whatsapp_window"
    horizon_days: ClassVar[int] = 7
    needs: ClassVar[frozenset[Need]] = frozenset({"inbound"})

    per_day: int = Field(default=1, ge=1)
    per_week: int = Field(default=2, ge=1)
    no_marketing_to: frozenset[str] = frozenset({"US"})

    def judge(self, facts: Facts) -> Verdict:
        action = facts.action
        if action.channel != "whatsapp":
            return Allow()
        if action.form == "free" and (facts.last_inbound is None or facts.now >= facts.last_inbound + _WINDOW):
            return Deny(reason="free text may be sent on WhatsApp only within 24 hours of the customer's message")
        if action.purpose != "marketing":
            return Allow()
        if (country := action.destination.country) in self.no_marketing_to:
            return Deny(reason=f"WhatsApp carries no marketing to numbers of {country}")
        for most, days in ((self.per_day, 1), (self.per_week, 7)):
            since = facts.now - timedelta(days=days)
            sent = [
                c for c in facts.contacts if (c.channel, c.purpose) == ("whatsapp", "marketing") and c.at > since
            ]
            if len(sent) >= most:
                span = "24 hours" if days == 1 else f"{days} days"
                return Deny(
                    reason=f"{len(sent)} marketing messages went over WhatsApp in {span}; at most {most} may"
                )
        return Allow()
