"""The small parts that journeys and their steps are made of."""

import re
from datetime import time, timedelta
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from journeys.conditions import Condition
from journeys.money import Limits, Price, check_costs
from journeys.times import Duration, Weekday, parse_duration


def spelt(pattern: str, words: str) -> BeforeValidator:
    """Say in words how a name is spelt, where it is not as the pattern has it."""

    def check(value: object) -> object:
        if isinstance(value, str) and not re.search(pattern, value):
            raise ValueError(f"'{value}' is no name here: it must have {words}")
        return value

    return BeforeValidator(check)


_STEP, _JOURNEY, _WORD = r"^[a-z][a-z0-9_]*$", r"^[a-z][a-z0-9-]*$", r"^[a-z][a-z0-9_-]*$"
StepId = Annotated[
    str,
    Field(pattern=_STEP, max_length=60),
    # An empty one is derived.
    spelt(f"{_STEP}|^$", "small letters, digits and '_', a letter first"),
]
JourneyName = Annotated[
    str, Field(pattern=_JOURNEY, max_length=60), spelt(_JOURNEY, "small letters, digits and '-', a letter first")
]
Word = Annotated[
    str, Field(pattern=_WORD, max_length=60), spelt(_WORD, "small letters, digits, '_' and '-', a letter first")
]
"""The name of an arm, an option, a decision or a tool."""
Purpose = Literal["marketing", "transactional"]
ChannelOrder = Literal["as written", "best first"]
"""In which order the channels of a send are tried: `best first` looks at what this customer answers."""
Tier = Literal["full", "supervised", "human"]


def parse_hold(text: object) -> object:
    """Read what becomes of a message that is held: a word, or how long it waits at the most. Raises ValueError."""
    if not isinstance(text, str) or text in ("wait", "skip"):
        return text
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is none: write wait, skip, or how long at most, as in 4h") from error


IfHeld = Annotated[Literal["wait", "skip"] | Duration, BeforeValidator(parse_hold)]


class Part(BaseModel):
    """A part of a journey: immutable, closed to unknown keys, and brief when written."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_serializer(mode="wrap")
    def _brief(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written = cast(dict[str, Any], handler(self))
        for name, field in type(self).model_fields.items():
            if not field.is_required() and getattr(self, name) == field.get_default(call_default_factory=True):
                written.pop(name, None)
                written.pop(field.serialization_alias or field.alias or name, None)
        return written


def parse_percent(text: object) -> object:
    """Let `10%` stand for 10."""
    return text.strip().removesuffix("%") if isinstance(text, str) else text


Percent = Annotated[float, BeforeValidator(parse_percent), Field(gt=0, le=100)]


class Offer(Part):
    """What a message promises. `valid` counts from the moment the message is prepared."""

    discount: Percent
    valid: Duration = timedelta(hours=24)


def group_alone(value: object) -> object:
    """Let a bare group stand for a rule with nothing else said."""
    return {"group": value} if isinstance(value, str) else value


def one_alone(value: object) -> object:
    """Let a single item stand for a list of one."""
    return cast(object, value) if isinstance(value, list | tuple) else [value]


Unanswered = Literal["skip", "stop", "send_without_offer"]
"""What a run does when nobody has decided in time."""


class ApprovalRule(Part):
    """A person of `group` decides before the message leaves; without an answer the run does `otherwise`, where a
    message may leave `send_without_offer`, within the policies.

    With the tier `human` a person decides each; with `supervised` they may agree once to all that is like it.
    """

    group: str
    tier: Literal["supervised", "human"] = "supervised"
    people: int = Field(default=1, ge=1, le=5)
    """How many must agree."""
    within: Duration = timedelta(hours=24)
    otherwise: Unanswered = "skip"
    edit: Annotated[tuple[str, ...], BeforeValidator(one_alone)] = ()
    """What they may change before they agree, beside a message's words: the `discount` of its offer, or by name
    what an action is given. Numbers can be lowered only."""


class EventMatch(Part):
    """An event by name, with a condition over it. A bare name is a match without a condition."""

    event: str
    where: Condition = "true"


def name_alone(value: object) -> object:
    """Let a bare event name stand for a match without a condition."""
    return {"event": value} if isinstance(value, str) else value


Match = Annotated[EventMatch, BeforeValidator(name_alone)]
Matches = Annotated[list[Match], BeforeValidator(one_alone)]


class Goal(EventMatch):
    """The event for which the journey is made. With `within`, it counts only that long after the start."""

    within: Duration | None = None


class SendWindow(Part):
    """When the journey may send, on the customer's clock. Outside of it, messages are held."""

    start: time = Field(alias="from", default=time(0))
    end: time = Field(alias="to", default=time(23, 59, 59))
    days: list[Weekday] = []
    """The days on which it may; none named is every day."""

    @model_validator(mode="after")
    def _not_empty(self) -> "SendWindow":
        if self.start >= self.end:
            raise ValueError("a send window ends after it starts, on the same day")
        return self


class Budget(Part):
    """The most that the journey may send and spend on all its customers together, in any such time."""

    messages: int | None = Field(default=None, ge=1)
    """A million, unless said."""
    money: Limits = {}
    """For what its messages cost and its business actions give: an amount for each currency."""
    costs: dict[str, Price] = {}
    """What one message costs, by channel; over a channel that is not named it costs nothing."""
    within: Duration = timedelta(days=1)

    @model_validator(mode="after")
    def _limits_something(self) -> "Budget":
        if self.messages is None and not self.money:
            raise ValueError("a budget says how many 'messages' or how much 'money' at most")
        check_costs(self.money, self.costs)
        return self
