"""A journey that suddenly gives away far more money than it used to stops for a person."""

from collections.abc import Mapping
from statistics import median
from typing import ClassVar

from pydantic import Field

from journeys.money import Limits, Money
from policies.model import Action, Allow, Facts, Need, NeedsApproval, Policy, Verdict


class SpendingAnomalyPolicy(Policy):
    """Ask a person of `group` about a business action with which the journey gives more than `times` its median of
    the last seven days today.

    What is given is the `amount` of each, and every currency is compared with itself: one in which the journey
    gave nothing before, while it gave others, is an anomaly. Days on which it gave nothing do not count, and up
    to `at_least` in a day is never an anomaly; of a currency that it does not name, anything may be.
    """

    name: ClassVar[str] = "spending_anomaly"
    needs: ClassVar[frozenset[Need]] = frozenset({"daily_spending"})
    judges_tools: ClassVar[bool] = True

    times: float = Field(default=5, gt=1)
    at_least: Limits = {}
    group: str = "marketing"

    def concerns(self, action: Action) -> bool:
        return bool(action.tool and action.amount) and not action.approved

    def verdict(self, facts: Facts) -> Verdict:
        action, days = facts.action, facts.daily_spending
        *earlier, today = days.get(action.currency, (0.0,))
        given = Money(today + (action.amount or 0), action.currency)
        if given.amount <= self.at_least.get(action.currency, 0):
            return Allow()
        if usual := [amount for amount in earlier if amount > 0]:
            common = Money(median(usual), action.currency)
            jump = f"and {common} on a usual day" if given.amount > self.times * common.amount else ""
        else:
            jump = "and on the days before only other currencies" if _gave_before(days) else ""
        reason = f"with it the journey gives {given} today, {jump}"
        return NeedsApproval(group=self.group, reason=reason) if jump else Allow()


def _gave_before(days: Mapping[str, tuple[float, ...]]) -> bool:
    """Whether anything was given on an earlier day, of whatever currency."""
    return any(amount > 0 for amounts in days.values() for amount in amounts[:-1])
