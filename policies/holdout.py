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

    def verdict(self, facts: Facts) -> Verdict:
        why = self.held_out(facts.customer_id)
        return Deny(reason=why) if why and facts.action.purpose == "marketing" else Allow()

    def held_out(self, customer_id: str) -> str:
        """Why a customer is left alone; empty when they are not."""
        alone = share(self.seed, customer_id) < self.share / 100
        return f"the customer is in the holdout of {self.share:g} %" if alone else ""
