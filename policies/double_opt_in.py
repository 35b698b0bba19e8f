"""Marketing mail needs a consent that the owner of the mailbox confirmed, where courts ask for that."""

from typing import ClassVar

from policies.model import Action, Allow, Deny, Facts, Need, Policy, Verdict


class DoubleOptInPolicy(Policy):
    """Deny marketing over `channels` to customers in `countries` who have not confirmed their consent.

    Germany and Austria: whoever cannot show that the owner of the address asked for the mail has sent spam, and
    only a confirmation from that mailbox shows it (BGH, I ZR 164/09). A consent that is `confirmed` is one.
    """

    name: ClassVar[str] = "double_opt_in"
    needs: ClassVar[frozenset[Need]] = frozenset({"country"})

    countries: frozenset[str] = frozenset({"DE", "AT"})
    channels: frozenset[str] = frozenset({"email"})

    def concerns(self, action: Action) -> bool:
        return action.purpose == "marketing" and action.channel in self.channels

    def verdict(self, facts: Facts) -> Verdict:
        action, country = facts.action, facts.place.country
        if country not in self.countries:
            return Allow()
        said = facts.last_word(action.channel)
        if said and said.confirmed and said.stands(facts.now):
            return Allow()
        return Deny(
            reason=f"the customer has not confirmed that they want marketing by {action.channel} ({country})"
        )
