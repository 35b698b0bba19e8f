"""How much a journey may send and spend in all: what a journey's `budget` says, in messages and in money."""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from pydantic import Field, model_validator

from journeys.money import Limits, Money, Price, check_costs, round_money, say_amount
from journeys.times import Duration, say_duration
from policies.model import Action, Allow, Deny, Facts, Named, Need, Policy, Verdict


class BudgetPolicy(Policy):
    """Deny what would be more than `messages`, or cost more than `money`, in any stretch of `within`, and tell the
    operators.

    Both count one journey over all customers. What counts as money is what messages cost and what business
    actions give, as a refund does: each amount against the limit in its own currency, and one in a currency
    without a limit is denied. `costs` says what one message costs by channel; a channel that is not named costs
    nothing.
    """

    name: ClassVar[str] = "budget"
    judges_tools: ClassVar[bool] = True

    messages: int = Field(default=1_000_000, ge=1)
    money: Limits = {}
    costs: dict[str, Price] = {}
    within: Duration = timedelta(days=1)

    @model_validator(mode="after")
    def _limits_what_costs(self) -> "BudgetPolicy":
        check_costs(self.money, self.costs)
        return self

    @property
    def budget_span(self) -> timedelta | None:
        return self.within

    @property
    def needed(self) -> frozenset[Need]:
        return frozenset({"spending"}) if self.money else frozenset()

    def named(self) -> Iterator[Named]:
        for channel in self.costs:
            yield Named(("costs", channel), "channel", channel)

    def verdict(self, facts: Facts) -> Verdict:
        action, span = facts.action, say_duration(self.within)
        sent = facts.journey_sent.get(self.within, {})
        if not action.tool and sum(sent.values()) >= self.messages:
            return Deny(reason=f"the journey's budget of {self.messages} messages in {span} is spent", alert=True)
        cost = self._cost(action)
        if not self.money or cost.amount <= 0:
            return Allow()
        if (most := self.money.get(cost.currency)) is None:
            return Deny(reason=self._unlimited(cost), alert=True)
        left = max(round_money(most - self._spent(facts, cost.currency)), 0)
        if cost.amount > left:
            budget = f"the journey's budget of {Money(most, cost.currency)} in {span}"
            return Deny(reason=f"it costs {cost}, and {say_amount(left)} is left of {budget}", alert=True)
        return Allow()

    def _cost(self, action: Action) -> Money:
        if action.tool:
            return Money(action.amount or 0, action.currency)
        return self.costs.get(action.channel, Money())

    def _spent(self, facts: Facts, currency: str) -> float:
        """What the journey spent of one currency within the stretch, on messages and by business actions."""
        sent = facts.journey_sent.get(self.within, {}).items()
        costs = [(self.costs.get(channel, Money()), count) for channel, count in sent]
        gave = facts.journey_gave.get(self.within, {}).get(currency, 0)
        return gave + sum(cost.amount * count for cost, count in costs if cost.currency == currency)

    def _unlimited(self, cost: Money) -> str:
        limits = f"the journey's budget is in {' and '.join(self.money)}"
        if not cost.currency:
            return f"it gives {cost} and names no currency, and {limits}: give the tool its 'currency'"
        return f"it costs {cost}, and {limits}: add a limit in {cost.currency} to its 'money'"
