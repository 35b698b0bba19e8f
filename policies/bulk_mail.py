"""What mailbox providers ask of bulk senders: one-click unsubscribe, few complaints, few bounces.

Gmail and Yahoo want spam rates under 0.1 % and act from 0.3 % on; Gmail refuses for good since November 2025.
"""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from policies.model import Action, Allow, Deny, Facts, Need, Policy, Verdict, strictest

_COMPLAINTS = "Mail less often, and only who opened or clicked of late"
_BOUNCES = "Mail no addresses that are old or that nobody confirmed"
_WHERE = "'sojourn guardrail list' tells which journeys it is"


class BulkMailPolicy(Policy):
    """Deny marketing mail without one-click unsubscribe, and all of it while, of at least `at_least` mails
    delivered in seven days, `complaints` per cent were complained about or `bounces` per cent bounced for good.

    It goes on as the days pass. The operators are told then, and before it, from `warn_complaints` and
    `warn_bounces` per cent on.
    """

    name: ClassVar[str] = "bulk_mail"
    needs: ClassVar[frozenset[Need]] = frozenset({"health"})

    complaints: float = Field(default=0.3, gt=0, le=100)
    warn_complaints: float = Field(default=0.1, gt=0, le=100)
    bounces: float = Field(default=5, gt=0, le=100)
    warn_bounces: float = Field(default=2, gt=0, le=100)
    at_least: int = Field(default=1_000, ge=1)

    def concerns(self, action: Action) -> bool:
        return (action.channel, action.purpose) == ("email", "marketing")

    def verdict(self, facts: Facts) -> Verdict:
        action, health = facts.action, facts.health
        if not action.one_click:
            return Deny(reason="the mail has no one-click unsubscribe")
        if health.delivered < self.at_least:
            return Allow()
        complaints = _Breaker("were complained about", self.complaints, self.warn_complaints, _COMPLAINTS)
        bounces = _Breaker("bounced for good", self.bounces, self.warn_bounces, _BOUNCES)
        return strictest(
            [
                complaints.judge(health.complained, health.delivered),
                bounces.judge(health.bounced, health.delivered),
            ]
        )


@dataclass(frozen=True)
class _Breaker:
    """Stops all mail from a share on, in per cent, and warns of it from a lower one on."""

    what: str
    most: float
    warn: float
    advice: str

    def judge(self, count: int, delivered: int) -> Verdict:
        share = count / delivered * 100
        told = f"{share:.2g} % of last week's mails {self.what}; marketing stops at {self.most:g} %"
        if share >= self.most:
            return Deny(reason=told, alert=True)
        if share >= self.warn:
            return Allow(
                reason=f"{told}, and {self.warn:g} % is too much already. {self.advice}; {_WHERE}", alert=True
            )
        return Allow()
