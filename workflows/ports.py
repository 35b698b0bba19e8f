"""What workflows ask of the world: a typed stub for each activity, and the types that travel.

`activities/` implements every stub under the same name and signature.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from temporalio import activity

from journeys.events import Event
from journeys.interrupts import InterruptRules
from journeys.parts import Offer, Purpose
from journeys.times import Duration


class Message(BaseModel):
    """Everything that passes between a workflow and its activities is immutable."""

    model_config = ConfigDict(frozen=True)


class RunRef(Message):
    """Which run this is. `first_run_id` stays the same through continue-as-new."""

    workflow_id: str
    first_run_id: str
    journey: str
    version: str
    customer_id: str


class StepRecord(Message):
    """What a finished step did, for the timeline and the trace. Times are workflow time, in UTC."""

    step_id: str
    pass_: int = 0
    kind: str
    started_at: datetime
    ended_at: datetime
    outcome: str
    detail: str = ""
    attributes: dict[str, str | int | float | bool] = Field(default_factory=dict)
    causes: tuple[str, ...] = ()
    """W3C traceparents of the events that moved this step on."""


class Decision(Message):
    """What a person decided, as the approvals service attested it."""

    approval_id: str
    content_hash: str
    approved: bool
    approver: str
    groups: tuple[str, ...]
    reason: str = ""
    decided_at: datetime
    """On the approver's clock. It orders nothing: whether it came in time the workflow decides."""


class Grant(Message):
    """The approval under which a step may leave, and who gave it when."""

    approval_id: str
    content_hash: str
    asked_at: datetime
    """The moment for which the message was made."""
    by: str
    reason: str = ""
    at: datetime


class ClosedApproval(Message):
    """An approval that is settled, and that no delivery or action will settle."""

    approval_id: str
    state: Literal["approved", "rejected", "expired", "withdrawn"]
    by: str = ""
    reason: str = ""
    at: datetime


class Notes(Message):
    """The bookkeeping that rides along with the next activity: each note is written exactly once."""

    records: tuple[StepRecord, ...] = ()
    closed_approvals: tuple[ClosedApproval, ...] = ()


class StepRequest(Message):
    """What every activity that does a step is told."""

    run: RunRef
    step_id: str
    pass_: int
    now: datetime
    notes: Notes = Notes()


class ApprovalTerms(Message):
    """How a person is asked, should one have to decide."""

    group: str | None = None
    """The group the journey itself wants to ask; None when only a policy may ask."""
    author: str
    """Who wrote the journey, and so may not approve it."""
    within: Duration
    otherwise: Literal["skip", "stop"]


class DeliverRequest(StepRequest):
    """Send one step's message, if everything allows it at this moment."""

    channels: tuple[str, ...]
    """In order of preference: the first over which it may and can leave is taken."""
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


class Asked(Message):
    """A person must decide first. What they decide on is stored under `approval_id`."""

    outcome: Literal["asked"] = "asked"
    approval_id: str
    content_hash: str
    group: str
    author: str
    asked_at: datetime
    deadline: datetime
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
    reason: str


DeliverResult = Annotated[
    Sent | Held | Denied | Asked | Rejected | Unknown | GaveUp | Overtaken, Field(discriminator="outcome")
]


class DecideRequest(StepRequest):
    """Choose one of the options that are open."""

    decision: str
    planner: str
    options: tuple[str, ...]


class Choice(Message):
    """What was chosen, and how likely that was."""

    option: str
    probability: float
    why: str


class AskRequest(StepRequest):
    """Put a question to a person that is not about a message."""

    about: str
    approval: ApprovalTerms


class ActRequest(StepRequest):
    """Do a business action by a tool, if everything allows it at this moment."""

    tool: str
    given: dict[str, Any]
    approval: ApprovalTerms
    start: Event
    interrupts: InterruptRules
    facts: dict[str, Any]
    grant: Grant | None = None


class Done(Message):
    """The action was done; `result` is what conditions may see of it."""

    outcome: Literal["done"] = "done"
    result: dict[str, str | int | float | bool]


ActResult = Annotated[Done | Asked | Denied | Rejected | Unknown | Overtaken, Field(discriminator="outcome")]


class PerceiveRequest(Message):
    """Look at the customer as they are now."""

    customer_id: str


class CustomerView(Message):
    """What conditions see as `customer`, and the zone of their clock."""

    attributes: dict[str, Any]
    time_zone: str | None


class SetRequest(StepRequest):
    """Set lasting attributes of the customer."""

    attributes: dict[str, Any]


class OpenRunRequest(Message):
    """Let the doors know of a run that another run starts."""

    workflow_id: str
    journey: str
    version: str
    customer_id: str
    start_seq: int
    now: datetime


class BroadcastRequest(Message):
    """Ask the customers after an id to start a journey, for one moment of its schedule."""

    journey: str
    where: str
    scheduled_at: datetime
    after: str


class BroadcastPage(Message):
    """How far the customers were asked."""

    asked: int
    after: str | None
    """The id to go on after; None when everyone was looked at."""
    crowded: bool
    """Nobody was asked, because too many events wait to reach Temporal."""


class CloseRequest(Message):
    """The run is over: write its last notes and its end."""

    run: RunRef
    started_at: datetime
    ended_at: datetime
    outcome: str
    reason: str
    causes: tuple[str, ...] = ()
    notes: Notes = Notes()


class NoteRequest(Message):
    """Write notes now, because no other activity runs soon."""

    run: RunRef
    notes: Notes


class MoveRequest(Message):
    """The run goes on under another version of its journey."""

    run: RunRef
    version: str
    notes: Notes


@activity.defn(name="deliver")
async def deliver(request: DeliverRequest) -> DeliverResult:
    """Guard, reserve, render, send and record one message. Safe to retry: it leaves at most once."""
    raise NotImplementedError


@activity.defn(name="decide")
async def decide(request: DecideRequest) -> Choice:
    """Let the planner choose. Safe to retry: the same request gives the same choice."""
    raise NotImplementedError


@activity.defn(name="ask")
async def ask(request: AskRequest) -> Asked:
    """Put a question to a person. Safe to retry: it is the same question."""
    raise NotImplementedError


@activity.defn(name="act")
async def act(request: ActRequest) -> ActResult:
    """Do a business action. Safe to retry: it is done at most once."""
    raise NotImplementedError


@activity.defn(name="perceive")
async def perceive(request: PerceiveRequest) -> CustomerView:
    """Look at the customer as they are now."""
    raise NotImplementedError


@activity.defn(name="set_attributes")
async def set_attributes(request: SetRequest) -> None:
    """Set lasting attributes of the customer. Safe to retry."""
    raise NotImplementedError


@activity.defn(name="open_run")
async def open_run(request: OpenRunRequest) -> None:
    """Keep a run that another run starts. Safe to retry."""
    raise NotImplementedError


@activity.defn(name="broadcast")
async def broadcast(request: BroadcastRequest) -> BroadcastPage:
    """Ask the next page of customers. Safe to retry: nobody is asked twice for the same moment."""
    raise NotImplementedError


@activity.defn(name="close_run")
async def close_run(request: CloseRequest) -> None:
    """Write the end of a run. Safe to retry."""
    raise NotImplementedError


@activity.defn(name="move_run")
async def move_run(request: MoveRequest) -> None:
    """Keep that a run goes on under another version. Safe to retry."""
    raise NotImplementedError


@activity.defn(name="write_notes")
async def write_notes(request: NoteRequest) -> None:
    """Write notes to the timeline and the trace. Safe to retry."""
    raise NotImplementedError
