"""Every kind of step. Each starts with its verb: `wait:`, `send:`, `branch:`..."""

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from journeys.conditions import Condition, check_condition
from journeys.parts import (
    ApprovalRule,
    EventMatch,
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
)
from journeys.times import Duration, Moment

Asking = Annotated[ApprovalRule | None, BeforeValidator(group_alone)]


class DateWait(Part):
    """Until a date that an expression gives, some time before or after it, at a time of day if one is named."""

    until: Condition
    plus: Duration = timedelta(0)
    minus: Duration = timedelta(0)
    at: time | None = None


def _date_or_moment(value: object) -> str:
    return "date" if isinstance(value, dict | DateWait) else "moment"


class Wait(Part):
    """Do nothing until a moment: `30m`, a time of day in the customer's zone, or a date from the data."""

    id: StepId = ""
    wait: Annotated[
        Annotated[DateWait, Tag("date")] | Annotated[Moment, Tag("moment")], Discriminator(_date_or_moment)
    ]


class Awaited(EventMatch):
    """An event that is waited for, and what to do when it is this one that came."""

    then: "list[Step]" = []


class WaitFor(Part):
    """Wait for any or all of some events; `otherwise` when the time is over first.

    What an event names under its own `then` goes before the common one. An event under `restart` starts the
    clock anew.
    """

    id: StepId = ""
    wait_for: Annotated[list[Annotated[Awaited, BeforeValidator(name_alone)]], BeforeValidator(one_alone)]
    need: Literal["any", "all"] = "any"
    within: Moment
    restart: Matches = []
    then: "list[Step]" = []
    otherwise: "list[Step]" = []


class Send(Part):
    """Send approved content, within the policies, over the first channel that will do.

    `otherwise` is done when it surely did not leave.
    """

    id: StepId = ""
    send: Annotated[list[str], Field(min_length=1), BeforeValidator(one_alone)]
    content: str
    purpose: Purpose = "marketing"
    offer: Offer | None = None
    approval: Asking = None
    otherwise: "list[Step]" = []


class Case(Part):
    """One way a branch may go."""

    when: Condition = Field(alias="if")
    then: "list[Step]"


class Branch(Part):
    """The first case whose condition holds, else `otherwise`."""

    id: StepId = ""
    branch: Annotated[list[Case], Field(min_length=1)]
    otherwise: "list[Step]" = []


class Arm(Part):
    """One arm of an experiment, and its share of the customers."""

    arm: Word
    weight: Annotated[int, Field(ge=0)] = 1
    then: "list[Step]" = []


class Split(Part):
    """Divide the customers among arms. The same customer is always in the same arm of the same experiment."""

    id: StepId = ""
    split: Word
    arms: Annotated[list[Arm], Field(min_length=2)]


class Option(Part):
    """Something a planner may choose, when its condition holds."""

    option: Word
    when: Condition = Field(alias="if", default="true")
    then: "list[Step]" = []


class Choose(Part):
    """Let a planner choose one of the options. The decision is recorded with its probability."""

    id: StepId = ""
    choose: Word
    planner: Word = "fixed"
    options: Annotated[list[Option], Field(min_length=1)]
    otherwise: "list[Step]" = []
    """When no option's condition holds."""


class Agent(Part):
    """Pursue a goal: at every turn a planner chooses an action or waits, until the goal or the horizon."""

    id: StepId = ""
    agent: Word
    goal: Match
    horizon: Duration
    cadence: Duration = timedelta(days=1)
    most: Annotated[int, Field(ge=1, le=100)] = 5
    """Turns at the most."""
    planner: Word = "fixed"
    actions: Annotated[list[Option], Field(min_length=1)]
    then: "list[Step]" = []
    """After the goal was reached."""
    otherwise: "list[Step]" = []
    """After the horizon or the last turn without it."""


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


class Set(Part):
    """Set attributes: `customer.<name>` lasts, `run.<name>` is this run's own. The values are expressions."""

    id: StepId = ""
    set: Annotated[
        dict[Annotated[str, Field(pattern=r"^(customer|run)\.[a-z][a-z0-9_]*$")], Condition], Field(min_length=1)
    ]


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

Place = tuple[str | int, ...]
_IS_CONDITION = AfterValidator(check_condition)


def verb(step: Step) -> str:
    """The word that names what kind of step this is, as a file has it."""
    return next(word for word, kind in VERBS.items() if isinstance(step, kind))


def blocks(part: Part) -> list[tuple[Place, list[Step]]]:
    """The lists of steps inside a step, each with its place in it, in the order they are written."""
    found: list[tuple[Place, list[Step]]] = []
    for name, field in type(part).model_fields.items():
        value = cast(object, getattr(part, name))
        if not isinstance(value, list) or not value:
            continue
        items = cast(list[object], value)
        key = field.alias or name
        if isinstance(items[0], tuple(VERBS.values())):
            found.append(((key,), cast(list[Step], items)))
        elif isinstance(items[0], Part):
            inner = [(number, blocks(cast(Part, item))) for number, item in enumerate(items)]
            found += [((key, number, *place), block) for number, places in inner for place, block in places]
    return found


def children(step: Step) -> list[list[Step]]:
    """The lists of steps inside a step, in the order they are written."""
    return [block for _, block in blocks(step)]


def places(steps: list[Step], path: Place = ()) -> Iterator[tuple[Place, Step]]:
    """Every step and its place, outer before inner."""
    for number, step in enumerate(steps):
        yield (*path, number), step
        for inner, block in blocks(step):
            yield from places(block, (*path, number, *inner))


def expressions(part: Part) -> Iterator[str]:
    """The expressions of a step itself, without those of the steps inside it."""
    for name, field in type(part).model_fields.items():
        value = cast(object, getattr(part, name))
        if isinstance(value, str) and any(m == _IS_CONDITION for m in field.metadata):
            yield value
        elif isinstance(value, dict):
            yield from cast(dict[str, str], value).values()
        elif isinstance(value, Part):
            yield from expressions(value)
        elif isinstance(value, list) and value and not isinstance(value[0], tuple(VERBS.values())):
            for item in cast(list[object], value):
                yield from expressions(item) if isinstance(item, Part) else ()


def walk(steps: list[Step]) -> Iterator[Step]:
    """Every step, outer before inner, in the order they are written."""
    return (step for _, step in places(steps))


def with_ids(steps: list[Step], taken: set[str], prefix: str = "") -> list[Step]:
    """Derive an id for each step that has none: its verb and its place, `wait_1`, `branch_3_case_1_wait_2`."""
    named: list[Step] = []
    for number, step in enumerate(steps, start=1):
        step_id = step.id or _free(f"{prefix}{verb(step)}_{number}", taken)
        taken.add(step_id)
        named.append(cast(Step, _renamed(step, step_id, taken, {"id": step_id})))
    return named


def _renamed(part: Part, prefix: str, taken: set[str], update: dict[str, Any]) -> Part:
    """A copy of a step, or of a part of one, whose inner steps have ids."""
    for name in type(part).model_fields:
        value = cast(object, getattr(part, name))
        items = cast(list[object], value) if isinstance(value, list) else []
        if items and isinstance(items[0], tuple(VERBS.values())):
            label = f"{prefix}_" if name == "steps" else f"{prefix}_{name}_"
            update[name] = with_ids(cast(list[Step], items), taken, label)
        elif items and isinstance(items[0], Part):
            update[name] = [
                _renamed(item, f"{prefix}_{type(item).__name__.lower()}_{number}", taken, {})
                for number, item in enumerate(cast(list[Part], items), start=1)
            ]
    return part.model_copy(update=update)


def _free(wanted: str, taken: set[str]) -> str:
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}_{number}"
    return candidate
