"""How many messages a journey may send in all: what a journey's `budget` says."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from journeys.times import Duration, format_duration
from policies.model import Allow, Deny, Facts, Policy, Verdict


class BudgetPolicy(Policy):
    """Deny what would be more than `messages` of one journey in any stretch of `within`, over all customers."""

    name: ClassVar[str] = "budget"

    messages: int = Field(default=1_000_000, ge=1)
    within: Duration = timedelta(days=1)

    @property
    def budget_span(self) -> timedelta | None:
        return self.within

    def judge(self, facts: Facts) -> Verdict:
        if facts.journey_sent < self.messages:
            return Allow()
        span = format_duration(self.within)
        return Deny(reason=f"the journey's budget of {self.messages} messages in {span} is spent")
