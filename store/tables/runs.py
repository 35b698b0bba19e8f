"""Journey runs, what starts them, and the spans that tell of them."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, time_column, word_column

RunState = Literal["starting", "open", "closed"]


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
    priority: int = 50
    """Of the journey, from 0 to 100."""
    customer_id: str = Field(foreign_key="customer.id", index=True)
    start_seq: int
    state: str = word_column()
    outcome: str = ""
    reason: str = ""
    started_at: datetime = time_column(index=True)
    ended_at: datetime | None = time_column(nullable=True)


class JourneyVersion(SQLModel, table=True):
    """A definition of a journey that was published. It never changes; `live` marks the one that new runs get."""

    __tablename__ = "journey_version"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    journey: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    definition: dict[str, Any] = json_column()
    published_at: datetime = time_column()
    published_by: str
    live: bool


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
    started_at: datetime = time_column()
    ended_at: datetime = time_column()
    outcome: str
    detail: str = ""
    error: bool = False
    attributes: dict[str, Any] = json_column()
    links: list[str] = json_column()
    exported: bool = False
