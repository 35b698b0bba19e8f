"""Marketing needs the customer's consent for the channel; silence is no consent."""

from typing import ClassVar

from policies.model import Allow, Deny, Facts, Policy, Verdict


class ConsentPolicy(Policy):
    """Deny marketing over a channel without granted consent, and anything the customer has withdrawn."""

    name: ClassVar[str] = "consent"

    def judge(self, facts: Facts) -> Verdict:
        action = facts.action
        matching = [c for c in facts.consents if (c.channel, c.purpose) == (action.channel, action.purpose)]
        # Of a yes and a no at the same moment the no counts.
        latest = max(matching, key=lambda c: (c.at, not c.granted), default=None)
        if latest and not latest.granted:
            return Deny(reason=f"the customer withdrew consent to {action.purpose} by {action.channel}")
        if action.purpose == "marketing" and latest is None:
            return Deny(reason=f"the customer never consented to marketing by {action.channel}")
        return Allow()
