"""What the outcomes of a decision are worth: values, windows and costs, as a journey or a project says."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from journeys.events import OF_APPROVERS, OF_SLOTS
from journeys.parts import Part
from journeys.times import Duration

GOAL = "goal"
"""The outcome that an agent's goal, or else the journey's, was reached."""
PURCHASED, RETURNED, UNSUBSCRIBED = "purchased", "returned", "unsubscribed"
OF_CUSTOMERS = {"Order Completed": PURCHASED, "Order Refunded": RETURNED, "Unsubscribed": UNSUBSCRIBED}
"""By the name of the event, outcomes that belong to the customer rather than to one message."""
OF_MESSAGES = ("delivered", "opened", "clicked", "replied", "bounced", "complained", "failed")
"""Outcomes of one message, which count for the decision that led to it. Opened is by a person."""
OUTCOME_WORDS = frozenset({GOAL, *OF_CUSTOMERS.values(), *OF_MESSAGES, *OF_SLOTS.values(), *OF_APPROVERS.values()})
"""Every word for an outcome. What else a journey values is the name of an event."""


class Worth(Part):
    """What one kind of outcome is worth, in the unit of the reward."""

    value: float = 0.0
    """For the outcome itself; negative for an unsubscribe or a complaint."""
    share: float = 0.0
    """Of the outcome's own money: the margin of a purchase, its negative for what is returned."""
    within: Duration = timedelta(days=7)
    """Of the decision."""
    each: bool = False
    """Whether every such outcome counts, rather than the first only."""


class Rewards(Part):
    """How decisions are rewarded."""

    outcomes: Annotated[dict[str, Worth], Field(min_length=1)]
    """By a word such as `purchased`, or the name of an event."""
    costs: dict[str, float] = {}
    """Of choosing an option: a message's price, a discount."""
    discount: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The share by which an agent values less what comes a day later."""

    def closes_at(self, decided_at: datetime) -> datetime:
        """When the last window of a decision closes."""
        return decided_at + max(worth.within for worth in self.outcomes.values())


USUAL = Rewards(
    outcomes={
        GOAL: Worth(value=1.0),
        UNSUBSCRIBED: Worth(value=-1.0),
        "complained": Worth(value=-2.0),
        "rejected": Worth(value=-0.5),
        "edited": Worth(value=-0.1),
    }
)
"""Where neither journey nor project says what outcomes are worth."""
