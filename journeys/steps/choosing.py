"""Steps that choose one of several ways: by a share of the customers, or by a planner."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from journeys.conditions import Condition
from journeys.parts import Match, Part, StepId, Word, spelt
from journeys.steps.effects import Send
from journeys.steps.planned import Planned
from journeys.steps.waiting import Wait
from journeys.times import Duration

if TYPE_CHECKING:
    from journeys.steps.kinds import Step

Way = TypeVar("Way", "Arm", "Option")
_HOUR = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _all_named_apart(ways: list[Way]) -> list[Way]:
    """Arms and options are known by their names: in records, in what was learnt, and by who is in which."""
    names = [way.arm if isinstance(way, Arm) else way.option for way in ways]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise PydanticCustomError("doubled_name", "'{name}' stands above", {"name": name, "path": (number,)})
    return ways


class Arm(Part):
    """One arm of an experiment, and its share of the customers."""

    arm: Word
    weight: Annotated[int, Field(ge=0)] = 1
    then: "list[Step]" = []


class Split(Part):
    """Divide the customers among arms. The same customer is always in the same arm of the same experiment."""

    id: StepId = ""
    split: Word
    arms: Annotated[list[Arm], Field(min_length=2), AfterValidator(_all_named_apart)]


class Option(Part):
    """Something a planner may choose, when its condition holds. Without steps it is to wait, or to do nothing."""

    option: Word
    when: Condition = Field(alias="if", default="true")
    then: "list[Step]" = []


class Ways(Part):
    """One message in many ways, each an option of its own: over the channels that `send` names, at hours of the
    customer's day."""

    send: Send
    hours: list[Annotated[str, Field(pattern=_HOUR), spelt(_HOUR, "a time of day, as in '09:00'")]] = []
    """Each means its next one; none means now."""

    def options(self) -> list[Option]:
        """The options by the order of channels, and of hours within each: `email`, or `email_0900`."""
        return [self._option(channel, hour) for channel in self.send.send for hour in self.hours or [None]]

    def factors(self) -> dict[str, dict[str, str]]:
        """What the options are made of, by option, so that what is learned of a channel holds at all its hours;
        empty without hours, where each is of one part alone."""
        return {
            self._option(channel, hour).option: {"channel": channel, "hour": hour}
            for channel in self.send.send
            for hour in self.hours
        }

    def _option(self, channel: str, hour: str | None) -> Option:
        over = self.send.model_copy(update={"send": [channel]})
        if hour is None:
            return Option(option=channel, then=[over])
        return Option(option=f"{channel}_{hour.replace(':', '')}", then=[Wait(wait=f"at {hour}"), over])


def _with_ways(options: list[Option], ways: Ways | None) -> None:
    """Add the options that the ways are. One that is written under the same name takes its place."""
    written = {option.option for option in options}
    options += [option for option in (ways.options() if ways else ()) if option.option not in written]


class Choose(Planned):
    """Let a planner choose one of the options. The decision is recorded with its probability."""

    id: StepId = ""
    choose: Word
    options: Annotated[list[Option], Field(min_length=1), AfterValidator(_all_named_apart)]
    ways: Ways | None = None
    """More options: a message over many channels, at many hours."""
    otherwise: "list[Step]" = []
    """When no option's condition holds."""

    @model_validator(mode="after")
    def _choose_ways(self) -> "Choose":
        _with_ways(self.options, self.ways)
        return self


class Agent(Planned):
    """Pursue a goal: at every turn a planner chooses an action or waits, until the goal or the horizon."""

    id: StepId = ""
    agent: Word
    goal: Match
    horizon: Duration
    cadence: Duration = timedelta(days=1)
    most: Annotated[int, Field(ge=1, le=100)] = 5
    """Turns at the most."""
    actions: Annotated[list[Option], Field(min_length=1), AfterValidator(_all_named_apart)]
    ways: Ways | None = None
    """More actions: a message over many channels, at many hours."""
    then: "list[Step]" = []
    """After the goal was reached."""
    otherwise: "list[Step]" = []
    """After the horizon or the last turn without it."""

    @model_validator(mode="after")
    def _act_ways(self) -> "Agent":
        _with_ways(self.actions, self.ways)
        return self
