"""What a run is given, what it remembers, and what it answers when asked how far it is."""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from journeys.events import Event
from journeys.interrupts import Interrupt
from journeys.model import Journey
from journeys.requests import EndedRun
from workflows.ports import (
    ClosedApproval,
    Decision,
    Grant,
    Message,
    PauseRecord,
    QuestionNow,
    RefusedSignal,
    StepRecord,
    Turn,
)

Doing = Literal["waiting", "sending", "asking", "ended"]
SEEN_EVENTS = 500
"""How many event ids a run keeps to recognise a signal that is delivered twice."""


class OpenApproval(Message):
    """What a run asks a person at the moment."""

    approval_id: str
    content_hash: str
    group: str
    assignee: str = ""
    """The one person of the group to whom it was handed; empty is anyone of them."""
    handed_at: tuple[datetime, ...] = ()
    """When, as the decisions say that did it; the same decision does it once."""
    people: int = 1
    """How many must agree."""
    agreed: tuple[str, ...] = ()
    """Who has, so far."""
    author: str
    content_author: str = ""
    requester: str = ""
    asked_at: datetime
    deadline: datetime
    turns: tuple[Turn, ...] = ()
    """Who is asked next, as long as nobody decides."""
    edits: dict[str, str] = Field(default_factory=dict)
    """With what words, by field, the message would leave in place of those it was made with."""


class Loop(BaseModel):
    """How far a repetition or an agent is."""

    started_at: datetime
    turns: int = 0
    reached: bool = False
    """For an agent: whether its goal was reached."""


class RunState(BaseModel):
    """All that a run remembers. It is carried whole through continue-as-new."""

    model_config = ConfigDict(validate_assignment=False)

    started_at: datetime
    at: str
    """The id of the step the run is at."""
    step_started_at: datetime
    deadline: datetime | None = None
    """When the wait at this step ends; kept so that a wait goes on through continue-as-new."""
    paused_since: datetime | None = None
    """When the hold that lasts now began; kept, like `deadline`, through continue-as-new."""
    tried: timedelta = timedelta(0)
    """How long the present step has tried to leave by now, holds and questions not counted."""
    time_zone: str | None = None
    facts: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By step id, what conditions may ask of `run` and is no longer at its default."""
    deliveries: dict[str, str] = Field(default_factory=dict)
    """Step ids by delivery id, to give an outcome to its step."""
    events: list[Event] = Field(default_factory=list)
    """Events that came during the present wait and that it may be waiting for."""
    seen: list[str] = Field(default_factory=list)
    passes: dict[str, int] = Field(default_factory=dict)
    """How often each step was finished; a step that is done again is another pass."""
    loops: dict[str, Loop] = Field(default_factory=dict)
    """By step id, the repetitions and agents that are under way."""
    confidence: dict[str, float] = Field(default_factory=dict)
    """By step id, the probability of what its planner chose last."""
    heard: dict[str, int] = Field(default_factory=dict)
    """How many events of a name came since the start, of those names that a condition counts."""
    ended: dict[str, EndedRun] = Field(default_factory=dict)
    """By the id of the event that asked for it, a run that is over and that this one waits for."""
    came: list[int] = Field(default_factory=list)
    """Which of the events that the present step waits for have come."""
    values: dict[str, Any] = Field(default_factory=dict)
    """What `set` steps and tools left for conditions to see in `run`."""
    customer: dict[str, Any] = Field(default_factory=dict)
    """The customer when the run last looked."""
    approval: OpenApproval | None = None
    decision: Decision | None = None
    grant: Grant | None = None
    """The approval under which the present step may leave."""
    without_offer: bool = False
    """Whether the present step sends without its offer, as nobody decided about it in time."""
    interrupt: Interrupt | None = None
    records: list[StepRecord] = Field(default_factory=list)
    pauses: list[PauseRecord] = Field(default_factory=list)
    closed_approvals: list[ClosedApproval] = Field(default_factory=list)
    questions: list[QuestionNow] = Field(default_factory=list)
    refused: list[RefusedSignal] = Field(default_factory=list)
    """Raw signals that did not count, and that are not in the audit log yet."""
    causes: list[str] = Field(default_factory=list)
    """Traceparents of the events that moved the present step on."""


class RunInput(Message):
    """What starts a run. The journey is pinned: an edit never touches a customer half-way."""

    journey: Journey
    customer_id: str
    time_zone: str | None
    start: Event
    approval_key: str
    """The public key of the approvals service."""
    console_url: str
    state: RunState | None = None
    """Set by continue-as-new only."""


class Heard(Event):
    """An event as a run is told of it: with the customer at that moment, where a goal or a stop asks for them."""

    customer: dict[str, Any] | None = None


class Move(Message):
    """The version under which a run is to go on."""

    journey: Journey


class RunResult(Message):
    """How a run ended."""

    outcome: str
    reason: str


class Progress(Message):
    """What a run is doing now, why, and what it waits for."""

    at: str
    doing: Doing
    waiting_until: datetime | None = None
    waiting_for: tuple[str, ...] = ()
    approval: OpenApproval | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    interrupt: str = ""
