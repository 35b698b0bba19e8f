"""What every activity is told of a run, the records that ride along with it, and the end of a run."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from temporalio import activity

from journeys.events import Event


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


class PauseRecord(Message):
    """A stretch of a step in which it was held, or a person was asked. Times are workflow time, in UTC."""

    step_id: str
    pass_: int = 0
    kind: Literal["hold", "approval"]
    started_at: datetime
    ended_at: datetime
    outcome: str
    detail: str = ""


class ClosedApproval(Message):
    """An approval that is settled, and that no delivery or action will settle."""

    approval_id: str
    state: Literal["approved", "rejected", "expired", "withdrawn"]
    by: str = ""
    reason: str = ""
    at: datetime


class QuestionNow(Message):
    """Whom an open question is put to by now, and who agreed already."""

    approval_id: str
    group: str
    assignee: str
    agreed: tuple[str, ...]
    by: str = ""
    """Who handed it over or agreed; empty when only time has passed."""
    reminder: bool = False
    """Whether nothing has changed, and they are only reminded."""
    at: datetime


class RefusedSignal(Message):
    """Decisions that came as raw signals and did not count, for one reason."""

    reason: str
    decision_of: str = ""
    """Whose decision the approvals service signed, whoever sent it; empty for one that it did not sign."""
    count: int
    at: datetime
    """When the first of them came, since when they are counted."""


class Notes(Message):
    """The bookkeeping that rides along with the next activity: each note is written exactly once."""

    records: tuple[StepRecord, ...] = ()
    pauses: tuple[PauseRecord, ...] = ()
    closed_approvals: tuple[ClosedApproval, ...] = ()
    questions: tuple[QuestionNow, ...] = ()
    refused: tuple[RefusedSignal, ...] = ()


class StepRequest(Message):
    """What every activity that does a step is told."""

    run: RunRef
    step_id: str
    pass_: int
    now: datetime
    notes: Notes = Notes()


class CloseRequest(Message):
    """The run is over: write its last notes and its end."""

    run: RunRef
    started_at: datetime
    ended_at: datetime
    outcome: str
    reason: str
    causes: tuple[str, ...] = ()
    asked: Event | None = None
    """The event by which another run asked for this one, and waits for its end."""
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


class RunRequest(StepRequest):
    """Ask for a run of another journey."""

    journey: str
    start: Event
    """What began the run that asks."""
    waits: bool
    """Whether it waits for the end of the other."""


class CallOffRequest(Message):
    """End the run that a step asked for and no longer waits for."""

    run: RunRef
    request_id: str
    journey: str
    reason: str
    now: datetime


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


@activity.defn(name="request_run")
async def request_run(request: RunRequest) -> None:
    """Ask for a run of another journey. Safe to retry."""
    raise NotImplementedError


@activity.defn(name="call_off_run")
async def call_off_run(request: CallOffRequest) -> None:
    """End the run that was asked for. Safe to retry."""
    raise NotImplementedError
