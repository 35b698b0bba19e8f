"""A journey that suddenly gives away far more money than it used to stops for a person."""

from statistics import median
from typing import ClassVar

from pydantic import Field

from policies.model import Allow, Facts, Need, NeedsApproval, Policy, Verdict


class SpendingAnomalyPolicy(Policy):
    """Ask a person of `group` about a business action with which the journey gives more than `times` its median of
    the last seven days today.

    Days on which it gave nothing do not count, and up to `at_least` in a day is never an anomaly. What is
    given is the `amount` of each, in one currency.
    """

    name: ClassVar[str] = "spending_anomaly"
    needs: ClassVar[frozenset[Need]] = frozenset({"daily_spending"})
    judges_tools: ClassVar[bool] = True

    times: float = Field(default=5, gt=1)
    at_least: float = Field(default=1_000, gt=0)
    group: str = "marketing"

    def judge(self, facts: Facts) -> Verdict:
        *earlier, today = facts.daily_spending or (0.0,)
        usual = [amount for amount in earlier if amount > 0]
        if not facts.action.tool or not facts.action.amount or facts.action.approved or not usual:
            return Allow()
        given = today + facts.action.amount
        if given <= max(self.at_least, self.times * median(usual)):
            return Allow()
        reason = f"with it the journey gives {given:g} today, and {median(usual):g} on a usual day"
        return NeedsApproval(group=self.group, reason=reason)
