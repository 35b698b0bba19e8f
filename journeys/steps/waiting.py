"""Steps that wait, for a time or for events."""

from datetime import time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from journeys.conditions import Condition
from journeys.parts import EventMatch, Matches, Part, StepId, name_alone, one_alone
from journeys.times import Duration, Moment

if TYPE_CHECKING:
    from journeys.steps.kinds import Step


class DateWait(Part):
    """Until a date that an expression gives, some time before or after it, at a time of day if one is named."""

    until: Condition
    plus: Duration = timedelta(0)
    minus: Duration = timedelta(0)
    at: time | None = None


class HourWait(Part):
    """Until an hour of the customer's own day that an expression gives, from 0 to 23, as their best one for a
    channel. Within that hour, and without one, there is no wait."""

    hour: Condition


def _kind_of_wait(value: object) -> str:
    if isinstance(value, HourWait) or (isinstance(value, dict) and "hour" in value):
        return "hour"
    return "date" if isinstance(value, dict | DateWait) else "moment"


class Wait(Part):
    """Do nothing until a moment: `30m`, a time of day on the customer's clock, a date or an hour from the data."""

    id: StepId = ""
    wait: Annotated[
        Annotated[DateWait, Tag("date")] | Annotated[HourWait, Tag("hour")] | Annotated[Moment, Tag("moment")],
        Discriminator(_kind_of_wait),
    ]


class Awaited(EventMatch):
    """An event that is waited for, and what to do when it is this one that came."""

    then: "list[Step]" = []


class WaitFor(Part):
    """Wait for any or all of some events; `otherwise` when the time is over first.

    What an event names under its own `then` goes before the common one; where all are needed there is only the
    common one. An event under `restart` starts the clock anew.
    """

    id: StepId = ""
    wait_for: Annotated[
        list[Annotated[Awaited, BeforeValidator(name_alone)]], Field(min_length=1), BeforeValidator(one_alone)
    ]
    need: Literal["any", "all"] = "any"
    within: Moment
    restart: Matches = []
    then: "list[Step]" = []
    otherwise: "list[Step]" = []

    @model_validator(mode="after")
    def _one_way_on_when_all_came(self) -> "WaitFor":
        own = next((number for number, awaited in enumerate(self.wait_for) if awaited.then), None)
        if self.need == "all" and own is not None:
            message = "when all events are needed no one of them decides: put these steps under the common 'then'"
            raise PydanticCustomError("own_then", message, {"path": ("wait_for", own, "then")})
        return self
