"""The journey as a model. YAML files and the Python builder both make this, and one workflow runs it.

A run carries its journey in its input, so what is left at its default is left out of the JSON.
"""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, cast

import pydantic_core
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from journeys.conditions import Condition
from journeys.times import Duration, Moment, parse_duration

StepId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
JourneyName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
Purpose = Literal["marketing", "transactional"]


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


def _parse_percent(text: object) -> object:
    return text.strip().removesuffix("%") if isinstance(text, str) else text


Percent = Annotated[float, BeforeValidator(_parse_percent), Field(gt=0, le=100)]


class Offer(Part):
    """What a message promises. `valid` counts from the moment the message is prepared."""

    discount: Percent
    valid: Duration = timedelta(hours=24)


def _group_alone(value: object) -> object:
    return {"group": value} if isinstance(value, str) else value


class ApprovalRule(Part):
    """A person of `group` decides before the message leaves; without an answer the run does `otherwise`."""

    group: str
    within: Duration = timedelta(hours=24)
    otherwise: Literal["skip", "stop"] = "skip"


class Wait(Part):
    """Do nothing until a moment: `30m`, or a time of day in the customer's zone."""

    id: StepId = ""
    wait: Moment


class EventMatch(Part):
    """An event by name, with a condition over it. A bare name is a match without a condition."""

    event: str
    where: Condition = "true"


def _name_alone(value: object) -> object:
    return {"event": value} if isinstance(value, str) else value


def _one_alone(value: object) -> object:
    return cast(object, value) if isinstance(value, list) else [value]


Match = Annotated[EventMatch, BeforeValidator(_name_alone)]


class WaitFor(Part):
    """Wait for any of some events; `then` when one came within the time, `otherwise` when none did."""

    id: StepId = ""
    wait_for: Annotated[list[Match], BeforeValidator(_one_alone)]
    within: Moment
    then: "list[Step]" = []
    otherwise: "list[Step]" = []


class Send(Part):
    """Send approved content over one channel, within the policies."""

    id: StepId = ""
    send: str
    content: str
    purpose: Purpose = "marketing"
    offer: Offer | None = None
    approval: Annotated[ApprovalRule | None, BeforeValidator(_group_alone)] = None


class Case(Part):
    """One way a branch may go."""

    when: Condition = Field(alias="if")
    then: "list[Step]"


class Branch(Part):
    """The first case whose condition holds, else `otherwise`."""

    id: StepId = ""
    branch: Annotated[list[Case], Field(min_length=1)]
    otherwise: "list[Step]" = []


class Stop(Part):
    """End the run here, for a stated reason."""

    id: StepId = ""
    stop: str


def _verb(value: object) -> str | None:
    """Which kind of step this is: the verb among its keys."""
    if isinstance(value, dict):
        return next((verb for verb in VERBS if verb in cast(dict[str, object], value)), None)
    return next((verb for verb, kind in VERBS.items() if isinstance(value, kind)), None)


VERBS: dict[str, type[Part]] = {
    "wait": Wait,
    "wait_for": WaitFor,
    "send": Send,
    "branch": Branch,
    "stop": Stop,
}

Step = Annotated[
    Annotated[Wait, Tag("wait")]
    | Annotated[WaitFor, Tag("wait_for")]
    | Annotated[Send, Tag("send")]
    | Annotated[Branch, Tag("branch")]
    | Annotated[Stop, Tag("stop")],
    Discriminator(
        _verb,
        custom_error_type="step_verb",
        custom_error_message=f"a step starts with one of: {', '.join(VERBS)}",
    ),
]


# These name steps before there are any; completed here, so that whoever reads their fields finds them whole.
for _kind in (WaitFor, Case, Branch):
    _kind.model_rebuild()


def _parse_again(text: object) -> object:
    if not isinstance(text, str) or text in ("never", "always"):
        return text
    try:
        return parse_duration(text.strip().removeprefix("after "))
    except ValueError as error:
        raise ValueError(f"'{text}' says not when to start again; write never, always or after 7d") from error


Again = Annotated[Literal["never", "always"] | Duration, BeforeValidator(_parse_again)]


class Start(Part):
    """What starts a run: an event, one run per customer and `key`, and when the same key may start again."""

    event: str
    where: Condition = "true"
    key: Condition = "''"
    again: Again = "never"


class Journey(Part):
    """A whole journey. Every step has an id, given or derived, that is unique in it."""

    journey: JourneyName
    owner: str
    description: str = ""
    start: Start
    goal: Annotated[EventMatch | None, BeforeValidator(_name_alone)] = None
    stop: list[Match] = []
    life: Duration = timedelta(days=30)
    steps: Annotated[list[Step], Field(min_length=1)]

    @model_validator(mode="after")
    def _name_steps(self) -> "Journey":
        given = set[str]()
        for path, step in _places(self.steps, ("steps",)):
            if step.id in given:
                message = "a step with the id '{id}' stands above"
                raise PydanticCustomError("doubled_id", message, {"id": step.id, "path": (*path, "id")})
            given |= {step.id} - {""}
        object.__setattr__(self, "steps", _with_ids(self.steps, "", given))
        return self

    @property
    def version(self) -> str:
        """The content address of this definition: the same text always has the same version."""
        canonical = pydantic_core.to_json(self.model_dump(mode="json", by_alias=True))
        return hashlib.sha256(canonical).hexdigest()[:12]

    def interests(self) -> frozenset[str]:
        """The names of the events that can matter to a run once started, outcomes of its messages apart."""
        names = {match.event for match in self.stop}
        names |= {self.goal.event} if self.goal else set()
        names |= {m.event for step in walk(self.steps) if isinstance(step, WaitFor) for m in step.wait_for}
        return frozenset(names)


def children(step: Step) -> list[list[Step]]:
    """The lists of steps inside a step, in the order they are written."""
    return [block for _, block in _blocks(step)]


def _blocks(step: Step) -> list[tuple[tuple[str | int, ...], list[Step]]]:
    """The lists of steps inside a step, each with its place in it."""
    if isinstance(step, WaitFor):
        return [(("then",), step.then), (("otherwise",), step.otherwise)]
    if isinstance(step, Branch):
        cases = [(("branch", number, "then"), case.then) for number, case in enumerate(step.branch)]
        return [*cases, (("otherwise",), step.otherwise)]
    return []


def _places(steps: list[Step], path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Step]]:
    """Every step and its place, outer before inner."""
    for number, step in enumerate(steps):
        yield (*path, number), step
        for inner, block in _blocks(step):
            yield from _places(block, (*path, number, *inner))


def walk(steps: list[Step]) -> Iterator[Step]:
    """Every step, outer before inner, in the order they are written."""
    return (step for _, step in _places(steps, ()))


def verb(step: Step) -> str:
    """The word that names what kind of step this is, as a file has it."""
    return next(word for word, kind in VERBS.items() if isinstance(step, kind))


def _with_ids(steps: list[Step], prefix: str, taken: set[str]) -> list[Step]:
    """Derive an id for each step that has none: its verb and its place, `wait_1`, `branch_3_wait_2`."""
    named: list[Step] = []
    for number, step in enumerate(steps, start=1):
        step_id = step.id or _free(f"{prefix}{verb(step)}_{number}", taken)
        taken.add(step_id)
        update: dict[str, object] = {"id": step_id}
        if isinstance(step, WaitFor):
            update["then"] = _with_ids(step.then, f"{step_id}_then_", taken)
            update["otherwise"] = _with_ids(step.otherwise, f"{step_id}_otherwise_", taken)
        elif isinstance(step, Branch):
            update["branch"] = [
                case.model_copy(update={"then": _with_ids(case.then, f"{step_id}_case_{n}_", taken)})
                for n, case in enumerate(step.branch, start=1)
            ]
            update["otherwise"] = _with_ids(step.otherwise, f"{step_id}_otherwise_", taken)
        named.append(step.model_copy(update=update))
    return named


def _free(wanted: str, taken: set[str]) -> str:
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}_{number}"
    return candidate
