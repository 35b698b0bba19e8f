"""The tables. All times are UTC; `UtcTime` refuses naive ones and gives aware ones on every database."""

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import JSON, Column, DateTime, Dialect, Index, TypeDecorator, UniqueConstraint
from sqlmodel import Field, SQLModel, String

DeliveryState = Literal[
    "reserved", "retrying", "sent", "rejected", "unknown", "delivered", "opened", "clicked", "replied",
    "bounced", "complained",
]  # fmt: skip
RunState = Literal["starting", "open", "closed"]
ApprovalState = Literal["open", "approved", "rejected", "expired", "withdrawn"]


class UtcTime(TypeDecorator[datetime]):
    """A point in time, kept in UTC. SQLite forgets time zones; this gives them back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a naive time reached the store: {value}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


def _time(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(sa_column=Column(UtcTime, nullable=nullable, index=index), default=None if nullable else ...)


def _json() -> Any:
    return Field(sa_column=Column(JSON, nullable=False))


def _word() -> Any:
    """A column that holds one of a few words. SQLModel cannot map a Literal by itself."""
    return Field(sa_column=Column(String, nullable=False))


class Customer(SQLModel, table=True):
    """One person. `id` is opaque: it stands in workflow ids, spans and search attributes."""

    id: str = Field(primary_key=True)
    traits: dict[str, Any] = _json()
    time_zone: str | None = None
    locale: str | None = None
    created_at: datetime = _time()


class Identity(SQLModel, table=True):
    """An id by which the world knows a customer: `user` or `anonymous`."""

    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)


class Address(SQLModel, table=True):
    """Where a customer can be reached: kind `email`, `phone`, `push_token` or `web_push`. Dead ones stay."""

    __table_args__ = (Index("ix_address_value", "kind", "value"),)

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    active: bool = True
    why_inactive: str = ""
    updated_at: datetime = _time()


class ConsentRecord(SQLModel, table=True):
    """What a customer last said about one channel for one purpose."""

    __tablename__ = "consent"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    channel: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    granted: bool
    source: str
    at: datetime = _time()


class EventRecord(SQLModel, table=True):
    """An accepted event. `seq` is the order of acceptance, `id` the sender's message id."""

    __tablename__ = "event"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    # SQLite would give the number of an erased last event to the next one; the order must never go back.
    __table_args__ = (
        Index("ix_event_customer_name", "customer_id", "name", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    customer_id: str = Field(foreign_key="customer.id")
    name: str
    properties: dict[str, Any] = _json()
    occurred_at: datetime = _time()
    received_at: datetime = _time()
    traceparent: str = ""


class OutboxEntry(SQLModel, table=True):
    """An event that has yet to reach Temporal. `dead` is what cannot be delivered, with the reason."""

    __tablename__ = "outbox"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    __table_args__ = (Index("ix_outbox_due", "dead", "seq"),)

    seq: int = Field(primary_key=True, foreign_key="event.seq", sa_column_kwargs={"autoincrement": False})
    customer_id: str
    attempts: int = 0
    not_before: datetime | None = _time(nullable=True)
    dead: bool = False
    last_error: str = ""


class Refusal(SQLModel, table=True):
    """An item of a batch that is no event, kept for whoever can mend its source. `id` is a digest of the item,
    so that a batch sent again is not listed twice."""

    id: str = Field(primary_key=True)
    received_at: datetime = _time(index=True)
    reason: str
    raw: str
    """The item as JSON, cut to its first 32 KB."""


class Run(SQLModel, table=True):
    """A journey run, as far as the doors must know it."""

    __table_args__ = (
        UniqueConstraint("workflow_id", "start_seq"),
        Index("ix_run_journey_started", "journey", "started_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    workflow_id: str
    first_run_id: str = Field(default="", index=True)
    journey: str
    version: str
    customer_id: str = Field(foreign_key="customer.id", index=True)
    start_seq: int
    state: str = _word()
    outcome: str = ""
    reason: str = ""
    started_at: datetime = _time(index=True)
    ended_at: datetime | None = _time(nullable=True)


class Membership(SQLModel, table=True):
    """Whether a customer is in the segment that starts a journey. Who never was has no row."""

    journey: str = Field(primary_key=True)
    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    member: bool
    since: datetime = _time()
    seq: int
    """The event with which it changed last: carried again, it changes the same once more."""


class Delivery(SQLModel, table=True):
    """The ledger: one row for each message of each step, whatever became of it."""

    __table_args__ = (
        Index("ix_delivery_customer_at", "customer_id", "reserved_at"),
        Index("ix_delivery_journey_at", "journey", "reserved_at"),
    )

    id: str = Field(primary_key=True)
    workflow_id: str = Field(index=True)
    first_run_id: str
    journey: str
    step_id: str
    pass_: int
    customer_id: str = Field(foreign_key="customer.id")
    channel: str
    provider: str
    purpose: str
    content: str
    state: str = _word()
    attempts: int = 0
    provider_id: str | None = Field(default=None, index=True)
    content_hash: str = ""
    approval_id: str | None = None
    code: str = ""
    reason: str = ""
    findings: list[dict[str, Any]] = _json()
    reserved_at: datetime = _time()
    sent_at: datetime | None = _time(nullable=True)
    outcome_at: datetime | None = _time(nullable=True)


class Action(SQLModel, table=True):
    """The ledger of business actions: one row for each, whatever became of it."""

    id: str = Field(primary_key=True)
    workflow_id: str = Field(index=True)
    first_run_id: str
    journey: str
    step_id: str
    pass_: int
    customer_id: str = Field(foreign_key="customer.id", index=True)
    tool: str
    given: dict[str, Any] = _json()
    state: str = _word()
    """`reserved`, `retrying`, `done`, `rejected` or `unknown`."""
    attempts: int = 0
    approval_id: str | None = None
    result: dict[str, Any] = _json()
    code: str = ""
    reason: str = ""
    reserved_at: datetime = _time()
    ended_at: datetime | None = _time(nullable=True)


class Approval(SQLModel, table=True):
    """A question to a person: may exactly this message leave?"""

    __table_args__ = (Index("ix_approval_state", "state", "deadline"),)

    id: str = Field(primary_key=True)
    delivery_id: str = Field(index=True)
    workflow_id: str = Field(index=True)
    first_run_id: str
    journey: str
    version: str
    step_id: str
    customer_id: str = Field(foreign_key="customer.id")
    group: str
    author: str
    channel: str
    recipient: str
    message: dict[str, Any] = _json()
    content_hash: str
    basis: str
    """A hash of all that the message was made from; when that changes, the question is asked again."""
    discount: float | None = None
    reason: str
    findings: list[dict[str, Any]] = _json()
    state: str = _word()
    requested_at: datetime = _time()
    deadline: datetime = _time()
    otherwise: str = "skip"
    decided_by: str = ""
    decided_at: datetime | None = _time(nullable=True)
    decision_reason: str = ""


class Span(SQLModel, table=True):
    """A span of a run's trace, and a line of its timeline. Ids derive from the run and the step, so that
    a retry writes the same span again and never a second one."""

    __table_args__ = (Index("ix_span_export", "exported", "ended_at"),)

    span_id: str = Field(primary_key=True)
    trace_id: str = Field(index=True)
    parent_id: str | None = None
    workflow_id: str = Field(index=True)
    step_id: str = ""
    name: str
    kind: str
    started_at: datetime = _time()
    ended_at: datetime = _time()
    outcome: str
    detail: str = ""
    error: bool = False
    attributes: dict[str, Any] = _json()
    links: list[str] = _json()
    exported: bool = False


class SurfaceMessage(SQLModel, table=True):
    """A message that waits inside the shop's own app or site until its customer comes by."""

    __tablename__ = "surface_message"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    __table_args__ = (Index("ix_surface_message_customer", "customer_id", "surface"),)

    id: str = Field(primary_key=True)
    """The id of its delivery."""
    customer_id: str = Field(foreign_key="customer.id")
    surface: str
    """`inbox`, `banner`, `checklist` or `tooltip`."""
    content: dict[str, Any] = _json()
    placed_at: datetime = _time()
    valid_until: datetime = _time()
    seen_at: datetime | None = _time(nullable=True)
    clicked_at: datetime | None = _time(nullable=True)
    dismissed_at: datetime | None = _time(nullable=True)
    withdrawn_at: datetime | None = _time(nullable=True)


class Lease(SQLModel, table=True):
    """Which process does a job that only one may do at a time."""

    name: str = Field(primary_key=True)
    owner: str
    until: datetime = _time()


class JourneyVersion(SQLModel, table=True):
    """A definition of a journey that was published. It never changes; `live` marks the one that new runs get."""

    __tablename__ = "journey_version"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    journey: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    definition: dict[str, Any] = _json()
    published_at: datetime = _time()
    published_by: str
    live: bool
