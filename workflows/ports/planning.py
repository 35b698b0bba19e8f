"""What a run asks a planner, and what it chose."""

from datetime import datetime
from typing import Any

from pydantic import Field
from temporalio import activity

from journeys.events import Event
from journeys.parts import EventMatch, Offer, Purpose
from journeys.rewards import Rewards
from workflows.ports.runs import Message, StepRequest


class FirstSend(Message):
    """The message with which an option begins, perhaps after a wait: what the policies judge before it can be
    chosen."""

    step_id: str
    channels: tuple[str, ...]
    content: str
    purpose: Purpose
    offer: Offer | None = None
    at: datetime | None = None
    """When it would leave, in UTC, for an option that waits first; None is now."""


class AssignRequest(Message):
    """Look whether a customer may go the arm that the assignment gives them."""

    customer_id: str
    journey: str
    split: str
    arm: str
    control: str


class Assigned(Message):
    """The arm that a customer goes."""

    arm: str
    why_not_counted: str = ""
    """Why they are not of the experiment; empty where they are."""


class DecideRequest(StepRequest):
    """Choose one of the options that are open."""

    decision: str
    start: Event
    """What started the run."""
    planner: str
    settings: dict[str, Any] = Field(default_factory=dict)
    factors: dict[str, dict[str, str]] = Field(default_factory=dict)
    """What options are made of, by option: `{"email_0900": {"channel": "email", "hour": "09:00"}}`."""
    options: tuple[str, ...]
    sends: dict[str, FirstSend] = Field(default_factory=dict)
    """Of the options that begin with a message."""
    steps: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By option, the ids of its steps: outcomes of their messages count for the decision."""
    features: dict[str, float] = Field(default_factory=dict)
    """What the decision looks at. What is not known is not there."""
    names: tuple[str, ...] = ()
    """Of every feature that the decision declares."""
    true: tuple[str, ...] = ()
    """Those of the conditions in the settings that hold."""
    rewards: Rewards | None = None
    """What outcomes are worth; None is as the project says."""
    goal: EventMatch | None = None
    agent: bool = False
    """Whether it is a turn of an agent, which is credited with what later turns bring."""
    policies: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """The journey's own, on top of the project's."""
    priority: int = 50
    attributes: dict[str, Any] = Field(default_factory=dict)
    """What a message may show of the run."""


class Choice(Message):
    """What was chosen, and how likely that was."""

    option: str | None
    """None when the policies leave none open."""
    probability: float
    why: str
    confidence: float | None = None
    """How sure the planner is; None is as sure as the option was likely."""


@activity.defn(name="decide")
async def decide(request: DecideRequest) -> Choice:
    """Let the planner choose. Safe to retry: the same request gives the same choice."""
    raise NotImplementedError


@activity.defn(name="assign")
async def assign(request: AssignRequest) -> Assigned:
    """The arm that is given, or the control where that arm is closed."""
    raise NotImplementedError
