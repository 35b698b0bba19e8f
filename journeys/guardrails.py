"""What a project says about its guardrails: what is usual, what is harmful, and what to do about it.

The defaults suit a shop that mails thousands a day. The formulas are in learning/guardrails/, one file each.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from journeys.parts import Part, Percent
from journeys.times import Duration

Then = Literal["act", "warn"]
"""What an alarm does: roll the journey back and lower its tier, or only tell the operators."""


class Rate(Part):
    """The share of messages after which something goes wrong: what is usual, and what must be found soon."""

    usual: Percent
    harmful: Percent
    at_once: Percent | None = None
    """The share of the last days' messages at which to act whatever the score, from the fifth case on."""
    then: Then = "act"

    @model_validator(mode="after")
    def _harm_is_more(self) -> "Rate":
        if not self.usual < self.harmful < 100:
            _refuse("harmful", "what is harmful lies above what is usual, and below 100 %")
        return self


class Unsubscribes(Rate):
    """Messages after which the customer unsubscribed."""

    usual: Percent = 0.5
    harmful: Percent = 1


class Complaints(Rate):
    """Messages that were marked as spam. Gmail and Yahoo want less than 0.1 % and act at 0.3 %."""

    usual: Percent = 0.05
    harmful: Percent = 0.1
    at_once: Percent | None = 0.3


class Bounces(Rate):
    """Messages that bounced or were refused for good."""

    usual: Percent = 2
    harmful: Percent = 5


class Tickets(Rate):
    """Messages after which the customer asked for help."""

    usual: Percent = 1
    harmful: Percent = 3
    events: Annotated[tuple[str, ...], Field(min_length=1)] = ("Support Ticket Created", "Support Ticket Opened")
    """What tells that someone asked for help."""


class PageBounces(Rate):
    """Visits after a click that ended on the page where they began, for half an hour."""

    usual: Percent = 45
    harmful: Percent = 60


class Margin(Part):
    """The margin of an order after a message, in the shop's money: its mean, and how far one is from it."""

    usual: float
    harmful: float
    deviation: Annotated[float, Field(gt=0)]
    """Of a single order."""
    name: str = "margin"
    """The property of `Order Completed` that has it."""
    then: Then = "act"

    @model_validator(mode="after")
    def _harm_is_less(self) -> "Margin":
        if self.harmful >= self.usual:
            _refuse("harmful", "a harmful margin lies below the usual one")
        return self


class Steps(Part):
    """An index from which to warn, and a higher one from which to act."""

    warn: Annotated[float, Field(gt=0)]
    act: Annotated[float, Field(gt=0)]
    at_least: Annotated[int, Field(ge=100)] = 500
    """Decisions; what fewer say is chance."""
    then: Then = "act"

    @model_validator(mode="after")
    def _in_order(self) -> "Steps":
        if self.warn >= self.act:
            _refuse("act", "it acts at more than it warns at")
        return self


class Drift(Steps):
    """How much customers or rewards may differ from the month before: the population stability index."""

    warn: Annotated[float, Field(gt=0)] = 0.1
    act: Annotated[float, Field(gt=0)] = 0.25


class Calibration(Steps):
    """How far the odds of decisions may be from what was chosen: the expected calibration error."""

    warn: Annotated[float, Field(gt=0)] = 0.05
    act: Annotated[float, Field(gt=0)] = 0.1


class Forecasts(Steps):
    """How far what comes of decisions may be from what was expected, in standard deviations of what comes."""

    warn: Annotated[float, Field(gt=0)] = 0.1
    act: Annotated[float, Field(gt=0)] = 0.25


class Exploration(Part):
    """Of how many choices something else than the likeliest may be taken. It is never a reason to roll back."""

    least: Percent = 2
    most: Percent = 40
    at_least: Annotated[int, Field(ge=1)] = 100


class Fairness(Part):
    """How much more or less often a segment may get offers than others. It is never a reason to roll back."""

    low: Annotated[float, Field(gt=0, lt=1)] = 0.8
    high: Annotated[float, Field(gt=1)] = 1.25
    segments: tuple[str, ...] = ()
    """Those that are compared; none named is every segment of the project."""


class Guardrails(Part):
    """All of them. `margin` is watched once it is described."""

    group: str = ""
    """Who decides once a journey is tightened; empty is its approvers, or else the project's first group."""
    closed_arms: Literal["control", "keep"] = "control"
    """What customers get who went an arm of a split before it was closed, or before the journey was rolled back:
    the control as everybody, or their arm still."""
    settles: Duration = timedelta(days=3)
    """How long after a message what comes of it still counts; until then it is counted anew at every look."""
    unsubscribes: Unsubscribes = Unsubscribes()
    complaints: Complaints = Complaints()
    bounces: Bounces = Bounces()
    tickets: Tickets = Tickets()
    page_bounces: PageBounces = PageBounces()
    margin: Margin | None = None
    drift: Drift = Drift()
    calibration: Calibration = Calibration()
    forecasts: Forecasts = Forecasts()
    exploration: Exploration = Exploration()
    fairness: Fairness = Fairness()


def _refuse(key: str, message: str) -> None:
    """Raise what is told at the line of a key."""
    raise PydanticCustomError("out_of_order", "{told}", {"told": message, "path": (key,)})
