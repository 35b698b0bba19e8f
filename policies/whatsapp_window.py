"""WhatsApp: free text only within a day of the customer's own message, and few marketing messages.

Meta opens a window of 24 hours with each message of the customer; outside it only approved templates are
delivered. Meta also limits marketing templates per user by a limit it does not publish; the caps stay below it.
Whom it spares a message all the same (error 131049, as the answer to the send or by a webhook after it) is to be
left alone for 24 hours, and for longer each time. To numbers of the United States it has delivered no marketing
templates since April 2025.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import ClassVar

from pydantic import Field

from policies.model import Action, Allow, Contact, Deny, Facts, Need, Policy, Verdict

_WINDOW = timedelta(hours=24) - timedelta(seconds=60)
"""A minute less than Meta gives, for the way there."""
_SPARED = ".131049"
"""How the code ends with which Meta says that it spares somebody: before it stands the provider's name."""
_LONGEST_REST = 16
"""Days. A rest twice as long would be longer than messages are looked back on."""


class WhatsappWindowPolicy(Policy):
    """Deny free text later than 24 hours after the customer's message, and marketing above `per_day` in 24 hours
    or `per_week` in 7 days, to numbers of the countries `no_marketing_to`, or for a day after a message that Meta
    spared the customer; twice as long each time."""

    name: ClassVar[str] = "whatsapp_window"
    horizon_days: ClassVar[int] = 31
    needs: ClassVar[frozenset[Need]] = frozenset({"inbound"})

    per_day: int = Field(default=1, ge=1)
    per_week: int = Field(default=2, ge=1)
    no_marketing_to: frozenset[str] = frozenset({"US"})

    def concerns(self, action: Action) -> bool:
        return action.channel == "whatsapp"

    def verdict(self, facts: Facts) -> Verdict:
        action = facts.action
        if action.form == "free" and (facts.last_inbound is None or facts.now >= facts.last_inbound + _WINDOW):
            return Deny(reason="free text may be sent on WhatsApp only within 24 hours of the customer's message")
        if action.purpose != "marketing":
            return Allow()
        if (country := action.destination.country) in self.no_marketing_to:
            return Deny(reason=f"WhatsApp carries no marketing to numbers of {country}")
        marketing, refused = _marketing(facts.contacts), _marketing(facts.refused)
        return self._too_many(marketing, facts.now) or _resting([*marketing, *refused], facts.now) or Allow()

    def _too_many(self, marketing: Sequence[Contact], now: datetime) -> Deny | None:
        for most, days in ((self.per_day, 1), (self.per_week, 7)):
            sent = sum(contact.at > now - timedelta(days=days) for contact in marketing)
            if sent >= most:
                span = "24 hours" if days == 1 else f"{days} days"
                return Deny(reason=f"{sent} marketing messages went over WhatsApp in {span}; at most {most} may")
        return None


def _marketing(contacts: Iterable[Contact]) -> list[Contact]:
    return [c for c in contacts if (c.channel, c.purpose) == ("whatsapp", "marketing")]


def _resting(marketing: Sequence[Contact], now: datetime) -> Deny | None:
    """That Meta spared the customer the last messages, and the rest after them is not over. What failed otherwise
    says nothing of what they would bear."""
    latest_first = sorted(marketing, key=lambda contact: contact.at, reverse=True)
    failed = takewhile(lambda contact: contact.failed, latest_first)
    spared = [contact for contact in failed if contact.code.endswith(_SPARED)]
    if not spared:
        return None
    days = min(2 ** (len(spared) - 1), _LONGEST_REST)
    if now >= spared[0].at + timedelta(days=days):
        return None
    times = f"{len(spared)} marketing messages" if spared[1:] else "a marketing message"
    rest = "a day" if days == 1 else f"{days} days"
    return Deny(reason=f"Meta spared the customer {times} (131049); there is none for {rest} after that")
