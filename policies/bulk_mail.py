"""What mailbox providers ask of bulk senders: one-click unsubscribe, few complaints, few bounces.

Gmail and Yahoo want spam rates under 0.1 % and act from 0.3 % on; Gmail refuses for good since November 2025.
"""

from typing import ClassVar

from pydantic import Field

from policies.model import Allow, Deny, Facts, Need, Policy, Verdict


class BulkMailPolicy(Policy):
    """Deny marketing mail without one-click unsubscribe, and all of it while the breakers are open.

    The breakers open when, of at least `at_least` mails delivered in seven days, `complaints` per cent were
    complained about or `bounces` per cent bounced for good. They close as the days pass.
    """

    name: ClassVar[str] = "bulk_mail"
    needs: ClassVar[frozenset[Need]] = frozenset({"health"})

    complaints: float = Field(default=0.3, gt=0, le=100)
    bounces: float = Field(default=5, gt=0, le=100)
    at_least: int = Field(default=1_000, ge=1)

    def judge(self, facts: Facts) -> Verdict:
        action, health = facts.action, facts.health
        if (action.channel, action.purpose) != ("email", "marketing"):
            return Allow()
        if not action.one_click:
            return Deny(reason="the mail has no one-click unsubscribe")
        if health.delivered < self.at_least:
            return Allow()
        for count, most, what in (
            (health.complained, self.complaints, "were complained about"),
            (health.bounced, self.bounces, "bounced for good"),
        ):
            share = count / health.delivered * 100
            if share >= most:
                return Deny(reason=f"{share:.2g} % of last week's mails {what}; marketing stops at {most:g} %")
        return Allow()
