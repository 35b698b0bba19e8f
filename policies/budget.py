"""How much a journey may send and spend in all: what a journey's `budget` says, in messages and in money."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from journeys.times import Duration, format_duration
from policies.model import Allow, Deny, Facts, Named, Need, Policy, Verdict

_CENT_PARTS = 6
"""Digits after the point to which money is summed up: sums of binary fractions are not exact."""


class BudgetPolicy(Policy):
    """Deny what would be more than `messages`, or cost more than `money`, in any stretch of `within`, and tell the
    operators.

    Both count one journey over all customers. What counts as money is what messages cost and what business
    actions give, as a refund does: all in one currency. `costs` says what one message costs by channel; a channel
    that is not named costs nothing.
    """

    name: ClassVar[str] = "budget"
    judges_tools: ClassVar[bool] = True

    messages: int = Field(default=1_000_000, ge=1)
    money: float | None = Field(default=None, gt=0)
    costs: dict[str, Annotated[float, Field(ge=0)]] = {}
    within: Duration = timedelta(days=1)

    @property
    def budget_span(self) -> timedelta | None:
        return self.within

    @property
    def needed(self) -> frozenset[Need]:
        return frozenset({"spending"}) if self.money is not None else frozenset()

    def named(self) -> Iterator[Named]:
        for channel in self.costs:
            yield Named(("costs", channel), "channel", channel)

    def judge(self, facts: Facts) -> Verdict:
        action, span = facts.action, format_duration(self.within)
        sent = facts.journey_sent.get(self.within, {})
        if not action.tool and sum(sent.values()) >= self.messages:
            return Deny(reason=f"the journey's budget of {self.messages} messages in {span} is spent", alert=True)
        cost = (action.amount or 0) if action.tool else self.costs.get(action.channel, 0)
        if self.money is None or cost <= 0:
            return Allow()
        spent = sum(self.costs.get(channel, 0) * count for channel, count in sent.items())
        left = round(self.money - spent - facts.journey_gave.get(self.within, 0), _CENT_PARTS)
        if cost > left:
            left_of = f"{max(left, 0):g} is left of the journey's budget of {self.money:g} in {span}"
            return Deny(reason=f"it costs {cost:g}, and {left_of}", alert=True)
        return Allow()
