"""How much a journey may send in all: what a journey's `budget` says, in messages and in money."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from journeys.times import Duration, format_duration
from policies.model import Allow, Deny, Facts, Policy, Verdict


class BudgetPolicy(Policy):
    """Deny what would be more than `messages`, or cost more than `money`, in any stretch of `within`.

    Both count one journey over all customers. `costs` says what one message costs by channel, in the currency
    of `money`; a channel that is not named costs nothing.
    """

    name: ClassVar[str] = "budget"

    messages: int = Field(default=1_000_000, ge=1)
    money: float | None = Field(default=None, gt=0)
    costs: dict[str, float] = {}
    within: Duration = timedelta(days=1)

    @property
    def budget_span(self) -> timedelta | None:
        return self.within

    def judge(self, facts: Facts) -> Verdict:
        span, sent = format_duration(self.within), facts.journey_sent.get(self.within, {})
        if sum(sent.values()) >= self.messages:
            return Deny(reason=f"the journey's budget of {self.messages} messages in {span} is spent")
        spent = sum(self.costs.get(channel, 0) * count for channel, count in sent.items())
        if self.money is not None and spent + self.costs.get(facts.action.channel, 0) > self.money:
            return Deny(reason=f"the journey's budget of {self.money:g} in {span} is spent")
        return Allow()
