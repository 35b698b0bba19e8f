"""Marketing needs the customer's consent for the channel; silence is no consent. A topic can be left alone."""

from typing import ClassVar

from policies.model import Allow, Consent, Deny, Facts, Policy, Verdict


class ConsentPolicy(Policy):
    """Deny marketing over a channel without granted consent, anything withdrawn, and topics that were left."""

    name: ClassVar[str] = "consent"

    def judge(self, facts: Facts) -> Verdict:
        action = facts.action
        latest = _latest(facts, (action.channel,), "")
        if latest and not latest.granted:
            return Deny(reason=f"the customer withdrew consent to {action.purpose} by {action.channel}")
        if action.purpose == "marketing" and latest is None:
            return Deny(reason=f"the customer never consented to marketing by {action.channel}")
        about_topic = _latest(facts, (action.channel, ""), action.topic) if action.topic else None
        if about_topic and not about_topic.granted:
            return Deny(reason=f"the customer left the topic '{action.topic}'")
        return Allow()


def _latest(facts: Facts, channels: tuple[str, ...], topic: str) -> Consent | None:
    """The customer's last word on the action's purpose. Of a yes and a no at the same moment the no counts."""
    said = (c for c in facts.consents if (c.purpose, c.topic) == (facts.action.purpose, topic))
    return max((c for c in said if c.channel in channels), key=lambda c: (c.at, not c.granted), default=None)
