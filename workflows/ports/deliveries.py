"""What leaves: a message or a business action, and what can become of it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from temporalio import activity

from journeys.events import Event
from journeys.interrupts import InterruptKind, InterruptRules
from journeys.parts import ChannelOrder, Offer, Purpose
from workflows.ports.people import ApprovalTerms, Asked, Grant
from workflows.ports.runs import Message, StepRequest


class DeliverRequest(StepRequest):
    """Send one step's message, if everything allows it at this moment."""

    channels: tuple[str, ...]
    """The first over which it may and can leave is taken."""
    order: ChannelOrder = "as written"
    wanted_until: datetime | None = None
    """A hold that ends later (UTC) is a denial; None, however long it lasts."""
    content: str
    purpose: Purpose
    offer: Offer | None = None
    approval: ApprovalTerms
    policies: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """The journey's own, on top of the project's."""
    priority: int = 50
    start: Event
    interrupts: InterruptRules
    facts: dict[str, Any]
    """What the run did so far, as conditions see it."""
    attributes: dict[str, Any] = Field(default_factory=dict)
    """What `set` steps and tools left in the run: of all the run knows, what a message may show."""
    confidence: float | None = None
    """The probability with which a planner chose it; None when none did."""
    as_usual: bool = False
    """Whether no planner chooses for this customer, in its slots either."""
    arms: dict[str, str] = Field(default_factory=dict)
    """The arms that the step is inside, by split."""
    grant: Grant | None = None


class Sent(Message):
    outcome: Literal["sent"] = "sent"
    delivery_id: str
    provider_id: str
    channel: str


class Held(Message):
    outcome: Literal["held"] = "held"
    until: datetime
    reason: str


class Denied(Message):
    """A policy forbids it, or the customer has no address there. Nothing left."""

    outcome: Literal["denied"] = "denied"
    reason: str


class Rejected(Message):
    """The provider refused for good. Nothing left."""

    outcome: Literal["rejected"] = "rejected"
    delivery_id: str
    code: str
    reason: str


class Unknown(Message):
    """Whether it left is not known. It is never sent again blindly."""

    outcome: Literal["unknown"] = "unknown"
    delivery_id: str
    reason: str


class GaveUp(Message):
    """The provider could not be reached for so long that the message is no longer wanted."""

    outcome: Literal["gave_up"] = "gave_up"
    delivery_id: str
    reason: str


class Overtaken(Message):
    """An event already accepted ends this run; it is on its way as a signal. Nothing left."""

    outcome: Literal["overtaken"] = "overtaken"
    kind: InterruptKind
    reason: str


DeliverResult = Annotated[
    Sent | Held | Denied | Asked | Rejected | Unknown | GaveUp | Overtaken, Field(discriminator="outcome")
]


@activity.defn(name="deliver")
async def deliver(request: DeliverRequest) -> DeliverResult:
    """Guard, reserve, render, send and record one message. Safe to retry: it leaves at most once."""
    raise NotImplementedError


class EditRequest(Message):
    """Put other words into the message that a person is asked about, if everything allows it."""

    send: DeliverRequest
    """By which the message is made. Its `now` is the moment of the edit, its `grant` that of what was shown."""
    edits: dict[str, str]
    """All that the message now says otherwise, by field."""
    by: str


class Edited(Message):
    """It was edited, and so is what is asked about from now on."""

    outcome: Literal["edited"] = "edited"
    content_hash: str


class NotEdited(Message):
    """It stays as it was. The reason is for whoever wanted to edit it."""

    outcome: Literal["not_edited"] = "not_edited"
    reason: str


EditResult = Annotated[Edited | NotEdited, Field(discriminator="outcome")]


@activity.defn(name="edit_message")
async def edit_message(request: EditRequest) -> EditResult:
    """Put other words into a message that a person is asked about. Safe to retry."""
    raise NotImplementedError


class ActRequest(StepRequest):
    """Do a business action by a tool, if everything allows it at this moment."""

    tool: str
    given: dict[str, Any]
    approval: ApprovalTerms
    start: Event
    interrupts: InterruptRules
    facts: dict[str, Any]
    policies: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """The journey's own, on top of the project's."""
    confidence: float | None = None
    """The probability with which a planner chose it; None when none did."""
    arms: dict[str, str] = Field(default_factory=dict)
    """The arms that the step is inside, by split."""
    grant: Grant | None = None


class Done(Message):
    """The action was done; `result` is what conditions may see of it."""

    outcome: Literal["done"] = "done"
    result: dict[str, str | int | float | bool]


ActResult = Annotated[Done | Asked | Denied | Rejected | Unknown | Overtaken, Field(discriminator="outcome")]


class EditActionRequest(Message):
    """Change what the action is given that a person is asked about, if everything allows it."""

    act: ActRequest
    """The action as its step gives it. Its `now` is the moment of the edit, its `grant` that of what was shown."""
    edits: dict[str, str]
    """All that it is now given otherwise, by name."""
    by: str


@activity.defn(name="edit_action")
async def edit_action(request: EditActionRequest) -> EditResult:
    """Change an action that a person is asked about. Safe to retry."""
    raise NotImplementedError


@activity.defn(name="act")
async def act(request: ActRequest) -> ActResult:
    """Do a business action. Safe to retry: it is done at most once."""
    raise NotImplementedError
