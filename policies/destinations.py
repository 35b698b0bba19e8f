"""To which countries texts go: a form that strangers fill in must not pay for texts to numbers that earn by it."""

from typing import ClassVar

from policies.model import Allow, Deny, Facts, Policy, Verdict


class DestinationsPolicy(Policy):
    """Deny what would go over `channels` to a number outside of `countries`, and tell the operators.

    Countries are ISO 3166 codes; numbers of no country, such as those of satellites, are outside of all. Without
    `countries` nothing leaves over these channels.
    """

    name: ClassVar[str] = "destinations"

    countries: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset({"sms"})

    def verdict(self, facts: Facts) -> Verdict:
        action, country = facts.action, facts.action.destination.country
        if action.channel not in self.channels or country in self.countries:
            return Allow()
        where = f"numbers of {country}" if country else "numbers of no country"
        return Deny(reason=f"'{action.channel}' to {where} is not among the destinations", alert=True)
