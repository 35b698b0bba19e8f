"""The journey as a model. YAML files and the Python builder both make this, and one workflow runs it.

A run carries its journey in its input, so what is left at its default is left out of the JSON.
"""

import hashlib
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import pydantic_core
from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from journeys.conditions import Condition, Who
from journeys.counting import COUNTS, counted
from journeys.parts import Budget, Goal, JourneyName, Matches, Part, Percent, SendWindow, Tier, name_alone
from journeys.schedules import Schedule
from journeys.steps import Agent, Choose, Set, Split, Step, WaitFor, expressions, places, walk, with_ids
from journeys.times import Duration, parse_duration
from journeys.usual import AS_USUAL


def parse_again(text: object) -> object:
    """Read when a journey may start anew: a word, or a duration with or without `after`. Raises ValueError."""
    if not isinstance(text, str) or text in ("never", "one at a time", "any time"):
        return text
    try:
        return parse_duration(text.strip().removeprefix("after "))
    except ValueError as error:
        wanted = "write never, one at a time, any time, or after 7d"
        raise ValueError(f"'{text}' says not when to start again; {wanted}") from error


Again = Annotated[Literal["never", "one at a time", "any time"] | Duration, BeforeValidator(parse_again)]


class StartCap(Part):
    """At most this many starts of the journey, over all customers, in any such time."""

    starts: int = Field(ge=1)
    within: Duration


class Start(Part):
    """What starts a run: an event, a schedule, a call of the API, or becoming one of a segment.

    There is one run per customer and `key`; `again` says when the same key may start anew.
    """

    event: str | None = None
    schedule: Schedule | None = None
    """`daily at 09:00`, `monday at 09:00`, or five fields as cron has them; in the project's time zone."""
    segment: Who | None = None
    """A segment's name, or a condition over `customer` in its place; the run starts when a customer enters it."""
    api: bool = False
    where: Condition = "true"
    key: Condition = "''"
    again: Again = "never"
    most: StartCap | None = None
    first: date | None = Field(alias="from", default=None)
    """The first day on which runs start, and the last, on the customer's calendar."""
    last: date | None = Field(alias="to", default=None)

    @model_validator(mode="after")
    def _one_way(self) -> "Start":
        ways = [way for way in (self.event, self.schedule, self.segment, self.api or None) if way is not None]
        if len(ways) != 1:
            raise ValueError("a journey starts in one way: event, schedule, segment or api")
        return self

    @model_validator(mode="after")
    def _days_in_order(self) -> "Start":
        if self.first and self.last and self.last < self.first:
            message = "the last day is before the first, so nothing ever starts"
            raise PydanticCustomError("no_days", message, {"path": ("to",)})
        return self


class Journey(Part):
    """A whole journey. Every step has an id, given or derived, that is unique in it."""

    journey: JourneyName
    owner: str
    description: str = ""
    priority: int = Field(default=50, ge=0, le=100)
    holdout: Percent | None = None
    """The share of customers kept out, so that the journey's effect can be measured."""
    as_usual: Percent | None = None
    """The share of customers for whom no planner decides, so that the effect of planners can be measured."""
    tier: Tier = "full"
    """`full` sends by itself; `supervised` and `human` let a person of `approvers` see every message first."""
    approvers: str | None = None
    policies: dict[str, dict[str, Any]] = {}
    """Policies on top of the project's. The strictest verdict wins, so these can only tighten."""
    send_window: SendWindow | None = None
    budget: Budget | None = None
    start: Start
    goal: Annotated[Goal | None, BeforeValidator(name_alone)] = None
    stop: Matches = []
    life: Duration = timedelta(days=30)
    steps: Annotated[list[Step], Field(min_length=1)]

    @model_validator(mode="after")
    def _name_steps(self) -> "Journey":
        given = set[str]()
        for path, step in places(self.steps, ("steps",)):
            if step.id == COUNTS or (isinstance(step, Set) and f"run.{COUNTS}" in step.set):
                message = "'{id}' is how conditions count events, as in run.{id}[...]; take another name"
                where = "id" if step.id == COUNTS else "set"
                raise PydanticCustomError("reserved_id", message, {"id": COUNTS, "path": (*path, where)})
            if step.id in given:
                message = "a step with the id '{id}' stands above"
                raise PydanticCustomError("doubled_id", message, {"id": step.id, "path": (*path, "id")})
            given |= {step.id} - {""}
        object.__setattr__(self, "steps", with_ids(self.steps, given))
        return self

    @model_validator(mode="after")
    def _say_limits_once(self) -> "Journey":
        for name in ("send_window", "budget"):
            if name in self.policies:
                message = "a journey says its '{name}' beside 'policies', and not among them"
                raise PydanticCustomError("said_beside", message, {"name": name, "path": ("policies", name)})
        return self

    @model_validator(mode="after")
    def _compare_planners(self) -> "Journey":
        steps = list(places(self.steps, ("steps",)))
        for path, step in steps:
            if isinstance(step, Split) and step.split == AS_USUAL:
                message = "'as-usual' are the customers for whom no planner decides; take another name"
                raise PydanticCustomError("reserved_split", message, {"path": (*path, "split")})
        if self.as_usual is not None and not any(isinstance(step, Choose | Agent) for _, step in steps):
            message = "no step has a planner, so there is nothing to compare business as usual with"
            raise PydanticCustomError("no_planner", message, {"path": ("as_usual",)})
        return self

    @model_validator(mode="after")
    def _someone_approves(self) -> "Journey":
        if self.tier != "full" and self.approvers is None:
            raise ValueError(f"a journey of the tier '{self.tier}' names the group of its approvers")
        return self

    @property
    def version(self) -> str:
        """The content address of this definition: the same text always has the same version."""
        canonical = pydantic_core.to_json(self.model_dump(mode="json", by_alias=True))
        return hashlib.sha256(canonical).hexdigest()[:12]

    def own_policies(self) -> dict[str, dict[str, Any]]:
        """The policies that this journey adds to the project's, its send window and its budget among them."""
        added = {"send_window": self.send_window, "budget": self.budget}
        parts = {name: part.model_dump(mode="json", by_alias=True) for name, part in added.items() if part}
        return {**self.policies, **parts}

    def counted(self) -> frozenset[str]:
        """The names of the events of which a run remembers how many it heard, because a condition asks."""
        ends = [match.where for match in ((self.goal, *self.stop) if self.goal else self.stop)]
        asked = (source for step in walk(self.steps) for source in expressions(step))
        return frozenset[str]().union(*map(counted, (*ends, *asked)))

    def interests(self) -> frozenset[str]:
        """The names of the events that can matter to a run once started, outcomes of its messages apart."""
        names = {match.event for match in self.stop} | self.counted()
        names |= {self.goal.event} if self.goal else set()
        for step in walk(self.steps):
            if isinstance(step, WaitFor):
                names |= {match.event for match in (*step.wait_for, *step.restart)}
            elif isinstance(step, Agent):
                names.add(step.goal.event)
        return frozenset(names)
