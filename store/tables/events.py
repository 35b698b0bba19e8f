"""Events, from their acceptance to Temporal."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, time_column


class EventRecord(SQLModel, table=True):
    """An accepted event. `seq` is the order of acceptance, `id` the sender's message id."""

    __tablename__ = "event"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    # SQLite would give the number of an erased last event to the next one; the order must never go back.
    __table_args__ = (
        Index("ix_event_customer_name", "customer_id", "name", "seq"),
        Index("ix_event_customer_occurred", "customer_id", "occurred_at"),
        # Without it PostgreSQL looks for a customer's latest events through everybody's.
        Index("ix_event_customer_seq", "customer_id", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    customer_id: str = Field(foreign_key="customer.id")
    name: str
    properties: dict[str, Any] = json_column()
    occurred_at: datetime = time_column()
    received_at: datetime = time_column()
    traceparent: str = ""


class OutboxEntry(SQLModel, table=True):
    """An event that has yet to reach Temporal. `dead` is what cannot be delivered, with the reason."""

    __tablename__ = "outbox"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    __table_args__ = (Index("ix_outbox_due", "dead", "seq"),)

    seq: int = Field(primary_key=True, foreign_key="event.seq", sa_column_kwargs={"autoincrement": False})
    customer_id: str
    attempts: int = 0
    not_before: datetime | None = time_column(nullable=True)
    dead: bool = False
    last_error: str = ""


class IntakeCount(SQLModel, table=True):
    """How often something became of what came in, on one day in UTC."""

    __tablename__ = "intake_count"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    day: date = Field(primary_key=True)
    what: str = Field(primary_key=True)
    number: int


class Refusal(SQLModel, table=True):
    """An item of a batch that is no event, kept for whoever can mend its source. `id` is a digest of the item,
    so that a batch sent again is not listed twice."""

    id: str = Field(primary_key=True)
    received_at: datetime = time_column(index=True)
    reason: str
    raw: str
    """The item as JSON, cut to its first 32 KB."""
