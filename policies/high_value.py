"""Customers of high value are worth their margin: they get fewer messages and smaller discounts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, cast

from pydantic import Field, model_validator

from journeys.money import Threshold
from journeys.review import Area
from policies.model import Allow, Deny, Facts, Need, Policy, Verdict

_SPENT = "orders.spent"
"""The attribute that is money by currency: what a customer ordered, less refunds."""
_SURE = "a high-value customer"


class HighValuePolicy(Policy):
    """To customers whose `attribute` is at least `at_least`, deny discounts above `most_discount` per cent, and
    more than `most_messages` marketing messages a week.

    Money counts against the limit in its own currency. Who spent some in a currency for which no limit is said
    cannot be compared, and is taken for a customer of high value. Any other attribute is a number without one.
    """

    name: ClassVar[str] = "high_value"
    area: ClassVar[Area] = "price"
    judges_slots: ClassVar[bool] = True
    horizon_days: ClassVar[int] = 7
    needs: ClassVar[frozenset[Need]] = frozenset({"features"})

    attribute: str = _SPENT
    at_least: Threshold = {}
    most_discount: float = Field(default=5, ge=0, le=100)
    most_messages: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _of_one_kind(self) -> "HighValuePolicy":
        is_money = isinstance(self.at_least, dict)
        if self.attribute == _SPENT and not is_money:
            raise ValueError(
                f"'{_SPENT}' is money: write 'at_least' with its currency, as in {self.at_least:g} EUR"
            )
        if self.attribute != _SPENT and is_money:
            raise ValueError(
                f"say from which number of '{self.attribute}' on with 'at_least', without a currency; "
                f"what a customer spent in each currency is '{_SPENT}'"
            )
        return self

    def verdict(self, facts: Facts) -> Verdict:
        action, who = facts.action, self._who(facts.attribute(self.attribute))
        if not who:
            return Allow()
        if action.discount is not None and action.discount > self.most_discount:
            return Deny(reason=f"{action.discount:g} % off is above {self.most_discount:g} % for {who}")
        week = facts.now - timedelta(days=7)
        had = sum(c.at > week and c.purpose == "marketing" for c in facts.contacts)
        if action.purpose == "marketing" and had >= self.most_messages:
            return Deny(reason=f"at most {self.most_messages} messages a week go to {who}")
        return Allow()

    def _who(self, value: object) -> str:
        """What a customer is who has such a value, as the end of a sentence; empty when it is nothing special."""
        if isinstance(self.at_least, dict):
            return _spender(cast(Mapping[str, float], value), self.at_least) if isinstance(value, Mapping) else ""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return ""
        return _SURE if value >= self.at_least else ""


def _spender(spent: Mapping[str, float], limits: Mapping[str, float]) -> str:
    paid = {currency: amount for currency, amount in spent.items() if amount > 0}
    if any(amount >= limits[currency] for currency, amount in paid.items() if currency in limits):
        return _SURE
    unlimited = sorted(paid.keys() - limits.keys())
    if not unlimited:
        return ""
    if not unlimited[0]:
        return "a customer whose orders name no 'currency': nobody knows whether they are of high value"
    return f"a customer with orders in {unlimited[0]}, for which 'at_least' of 'high_value' says no limit"
