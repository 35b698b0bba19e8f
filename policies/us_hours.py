"""Telemarketing hours in the United States: federal law and the stricter states, on the customer's clock."""

from functools import reduce
from typing import ClassVar

from policies.model import Action, Allow, Facts, Hours, Need, Policy, Verdict
from policies.tables.us_hours import open_hours
from policies.tables.us_states import states_of


class UsHoursPolicy(Policy):
    """Hold marketing over `channels` to customers in the US outside the hours of their state.

    For an address and a number of two states it must be an allowed hour in both. Where the state is unknown, hours
    that suit nearly every one count; where the time zone is unknown too, it must be one in every zone of the US.
    """

    name: ClassVar[str] = "us_hours"
    needs: ClassVar[frozenset[Need]] = frozenset({"country"})

    channels: frozenset[str] = frozenset({"sms"})

    def concerns(self, action: Action) -> bool:
        return action.purpose == "marketing" and action.channel in self.channels

    def verdict(self, facts: Facts) -> Verdict:
        action = facts.action
        states = sorted(states_of(facts))
        if not states:
            return Allow()
        # A number of the US counts as there, wherever else its owner may live.
        there = facts if facts.place.country == "US" else facts.model_copy(update={"place": action.destination})
        where = " and ".join(states) or "an unknown state"
        hours = reduce(Hours.within, map(open_hours, states))
        return hours.verdict(there, f"outside the hours for marketing in {where}")
