"""Telemarketing hours in the United States: federal law and the stricter states, on the customer's clock."""

from typing import ClassVar

from policies.model import Allow, Facts, Need, Policy, Verdict
from policies.tables.us_hours import open_hours


class UsHoursPolicy(Policy):
    """Hold marketing over `channels` to customers in the US outside the hours of their state.

    Where the state is unknown, hours that suit nearly every one count; where the time zone is unknown too, it must
    be an allowed hour in every zone of the US.
    """

    name: ClassVar[str] = "us_hours"
    needs: ClassVar[frozenset[Need]] = frozenset({"country"})

    channels: frozenset[str] = frozenset({"sms"})

    def judge(self, facts: Facts) -> Verdict:
        action, place = facts.action, facts.place
        if action.purpose != "marketing" or action.channel not in self.channels or place.country != "US":
            return Allow()
        where = place.region or "an unknown state"
        return open_hours(place.region).verdict(facts, f"outside the hours for marketing in {where}")
