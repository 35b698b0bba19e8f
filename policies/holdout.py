"""A share of all customers gets no marketing at all, so that the effect of all journeys can be measured."""

from typing import ClassVar

from journeys.assignment import share
from journeys.parts import Percent
from policies.model import Allow, Deny, Facts, Policy, Verdict


class HoldoutPolicy(Policy):
    """Deny marketing to the `share` per cent of customers who fall into the holdout `seed`, always the same."""

    name: ClassVar[str] = "holdout"

    share: Percent = 5
    seed: str = "global-holdout"

    def judge(self, facts: Facts) -> Verdict:
        if facts.action.purpose != "marketing" or share(self.seed, facts.customer_id) >= self.share / 100:
            return Allow()
        return Deny(reason=f"the customer is in the holdout of {self.share:g} %")
