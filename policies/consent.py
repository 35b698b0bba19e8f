"""Marketing needs the customer's consent for the channel; silence is no consent. A topic can be left alone."""

from typing import ClassVar

from policies.model import Allow, Deny, Facts, Policy, Verdict


class ConsentPolicy(Policy):
    """Deny marketing over a channel without granted consent, anything withdrawn, and topics that were left."""

    name: ClassVar[str] = "consent"

    def verdict(self, facts: Facts) -> Verdict:
        action = facts.action
        latest = facts.last_word(action.channel)
        if latest and not latest.granted:
            return Deny(reason=f"the customer withdrew consent to {action.purpose} by {action.channel}")
        if action.purpose == "marketing" and latest is None:
            return Deny(reason=f"the customer never consented to marketing by {action.channel}")
        if action.purpose == "marketing" and latest and latest.until and latest.until <= facts.now:
            return Deny(reason=f"the consent to marketing by {action.channel} ended on {latest.until:%Y-%m-%d}")
        about_topic = facts.last_word(action.channel, "", topic=action.topic) if action.topic else None
        if about_topic and not about_topic.granted:
            return Deny(reason=f"the customer left the topic '{action.topic}'")
        return Allow()
