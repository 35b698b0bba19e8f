"""Customers of high value are worth their margin: they get fewer messages and smaller discounts."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from journeys.review import Area
from policies.model import Allow, Deny, Facts, Need, Policy, Verdict


class HighValuePolicy(Policy):
    """For customers whose `attribute` is at least `at_least`: no discount above `most_discount` per cent, and no
    more than `most_messages` marketing messages a week."""

    name: ClassVar[str] = "high_value"
    area: ClassVar[Area] = "price"
    judges_slots: ClassVar[bool] = True
    horizon_days: ClassVar[int] = 7
    needs: ClassVar[frozenset[Need]] = frozenset({"features"})

    attribute: str = "orders.value"
    at_least: float = 1_000
    most_discount: float = Field(default=5, ge=0, le=100)
    most_messages: int = Field(default=3, ge=1)

    def judge(self, facts: Facts) -> Verdict:
        action, value = facts.action, facts.attribute(self.attribute)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < self.at_least:
            return Allow()
        if action.discount is not None and action.discount > self.most_discount:
            return Deny(
                reason=f"{action.discount:g} % off is above {self.most_discount:g} % for a high-value customer"
            )
        week = facts.now - timedelta(days=7)
        if action.purpose == "marketing" and sum(c.at > week for c in facts.contacts) >= self.most_messages:
            return Deny(reason=f"a high-value customer gets at most {self.most_messages} messages a week")
        return Allow()
