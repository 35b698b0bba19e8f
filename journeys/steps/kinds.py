"""Every kind of step. Each starts with its verb: `wait:`, `send:`, `branch:`..."""

from collections.abc import Collection
from datetime import time, timedelta
from typing import Annotated, Literal, TypeVar, cast

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from journeys.conditions import Condition
from journeys.parts import (
    ApprovalRule,
    ChannelOrder,
    EventMatch,
    IfHeld,
    JourneyName,
    Match,
    Matches,
    Offer,
    Part,
    Purpose,
    StepId,
    Word,
    group_alone,
    name_alone,
    one_alone,
    spelt,
)
from journeys.steps.planned import Planned
from journeys.times import Duration, Moment

Way = TypeVar("Way", "Arm", "Option")
_HOUR = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Asking = Annotated[ApprovalRule | None, BeforeValidator(group_alone)]
DISCOUNT = "discount"
"""What of an offer an approver may be allowed to lower."""


def _no_offer_to_leave_out(rule: ApprovalRule | None) -> None:
    if rule and rule.otherwise == "send_without_offer":
        message = "there is no offer here to leave out; let it 'skip' or 'stop'"
        raise PydanticCustomError("no_offer", message, {"path": ("approval", "otherwise")})


def _nothing_else_to_edit(rule: ApprovalRule | None, there: Collection[str]) -> None:
    for number, name in enumerate(rule.edit if rule else ()):
        if name not in there:
            told = {"name": name, "path": ("approval", "edit", number), "there": ", ".join(there) or "nothing"}
            raise PydanticCustomError("not_editable", "there is no '{name}' here to edit; there is: {there}", told)


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


class Send(Part):
    """Send approved content, within the policies, over the first channel that will do.

    `order` says which is the first: that which is written first, or that over which this customer is reached and
    answers best. `otherwise` is done when it surely did not leave.
    """

    id: StepId = ""
    send: Annotated[list[str], Field(min_length=1), BeforeValidator(one_alone)]
    order: ChannelOrder = "as written"
    if_held: IfHeld = "wait"
    """What becomes of it when it may only leave later, as after quiet hours: it waits, over as long as is said at
    the most since the step began, or counts as forbidden."""
    content: str
    purpose: Purpose = "marketing"
    offer: Offer | None = None
    approval: Asking = None
    otherwise: "list[Step]" = []

    @model_validator(mode="after")
    def _has_an_offer_to_leave_out(self) -> "Send":
        if self.offer is None:
            _no_offer_to_leave_out(self.approval)
        _nothing_else_to_edit(self.approval, [DISCOUNT] if self.offer else [])
        return self

    @model_validator(mode="after")
    def _there_is_an_order(self) -> "Send":
        if self.order != "as written" and len(self.send) < 2:
            message = "there is one channel, and nothing to order"
            raise PydanticCustomError("one_channel", message, {"path": ("order",)})
        return self


class Case(Part):
    """One way a branch may go."""

    when: Condition = Field(alias="if")
    then: "list[Step]"


class Branch(Part):
    """The first case whose condition holds, else `otherwise`."""

    id: StepId = ""
    branch: Annotated[list[Case], Field(min_length=1)]
    otherwise: "list[Step]" = []


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


class Approve(Part):
    """Stop for a person. `about` is what they are asked."""

    id: StepId = ""
    approve: str
    about: str
    within: Duration = timedelta(hours=24)
    then: "list[Step]" = []
    otherwise: "list[Step]" = []
    """When it was rejected, or nobody decided in time."""


class Act(Part):
    """A business action by a tool, such as a coupon or a refund. `with` gives its values as expressions."""

    id: StepId = ""
    act: Word
    given: dict[str, Condition] = Field(alias="with", default_factory=dict)
    approval: Asking = None
    otherwise: "list[Step]" = []

    @model_validator(mode="after")
    def _is_done_or_not(self) -> "Act":
        _no_offer_to_leave_out(self.approval)
        _nothing_else_to_edit(self.approval, self.given)
        return self


_ATTRIBUTE = r"^(customer|run)\.[a-z][a-z0-9_]*$"
Attribute = Annotated[
    str,
    Field(pattern=_ATTRIBUTE),
    spelt(_ATTRIBUTE, "'customer.' or 'run.', then small letters, digits and '_', a letter first"),
]


class Set(Part):
    """Set attributes: `customer.<name>` lasts, `run.<name>` is this run's own. The values are expressions."""

    id: StepId = ""
    set: Annotated[dict[Attribute, Condition], Field(min_length=1)]


class RunJourney(Part):
    """Run another journey for the same customer, and wait for its end unless told otherwise."""

    id: StepId = ""
    run: JourneyName
    wait: bool = True


class Repeat(Part):
    """Do some steps again, at most so many times and only while a condition holds."""

    id: StepId = ""
    repeat: Annotated[int, Field(ge=1, le=100)]
    condition: Condition = Field(alias="while", default="true")
    steps: "Annotated[list[Step], Field(min_length=1)]"


class Stop(Part):
    """End the run here, for a stated reason."""

    id: StepId = ""
    stop: str


VERBS: dict[str, type[Part]] = {
    "wait": Wait,
    "wait_for": WaitFor,
    "send": Send,
    "branch": Branch,
    "split": Split,
    "choose": Choose,
    "agent": Agent,
    "approve": Approve,
    "act": Act,
    "set": Set,
    "run": RunJourney,
    "repeat": Repeat,
    "stop": Stop,
}


def _verb(value: object) -> str | None:
    """Which kind of step this is: the verb among its keys. `run` may have a `wait`, so it is looked for first."""
    if isinstance(value, dict):
        keys = cast(dict[str, object], value)
        return "run" if "run" in keys else next((verb for verb in VERBS if verb in keys), None)
    return next((verb for verb, kind in VERBS.items() if isinstance(value, kind)), None)


Step = Annotated[
    Annotated[Wait, Tag("wait")]
    | Annotated[WaitFor, Tag("wait_for")]
    | Annotated[Send, Tag("send")]
    | Annotated[Branch, Tag("branch")]
    | Annotated[Split, Tag("split")]
    | Annotated[Choose, Tag("choose")]
    | Annotated[Agent, Tag("agent")]
    | Annotated[Approve, Tag("approve")]
    | Annotated[Act, Tag("act")]
    | Annotated[Set, Tag("set")]
    | Annotated[RunJourney, Tag("run")]
    | Annotated[Repeat, Tag("repeat")]
    | Annotated[Stop, Tag("stop")],
    Discriminator(
        _verb,
        custom_error_type="step_verb",
        custom_error_message=f"a step starts with one of: {', '.join(VERBS)}",
    ),
]

# These name steps before there are any; completed here, so that whoever reads their fields finds them whole.
for _kind in (Awaited, WaitFor, Send, Case, Branch, Arm, Split, Option, Choose, Agent, Approve, Act, Repeat):
    _kind.model_rebuild()


def verb(step: Step) -> str:
    """The word that names what kind of step this is, as a file has it."""
    return next(word for word, kind in VERBS.items() if isinstance(step, kind))
