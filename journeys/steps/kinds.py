"""Every kind of step. Each starts with its verb: `wait:`, `send:`, `branch:`..."""

from datetime import timedelta
from typing import Annotated, cast

from pydantic import Discriminator, Field, Tag

from journeys.conditions import Condition
from journeys.parts import JourneyName, Part, StepId, spelt
from journeys.steps.choosing import Agent, Arm, Choose, Option, Split
from journeys.steps.effects import Act, Send
from journeys.steps.waiting import Awaited, Wait, WaitFor
from journeys.times import Duration


class Case(Part):
    """One way a branch may go."""

    when: Condition = Field(alias="if")
    then: "list[Step]"


class Branch(Part):
    """The first case whose condition holds, else `otherwise`."""

    id: StepId = ""
    branch: Annotated[list[Case], Field(min_length=1)]
    otherwise: "list[Step]" = []


class Approve(Part):
    """Stop for a person. `about` is what they are asked."""

    id: StepId = ""
    approve: str
    about: str
    within: Duration = timedelta(hours=24)
    then: "list[Step]" = []
    otherwise: "list[Step]" = []
    """When it was rejected, or nobody decided in time."""


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
