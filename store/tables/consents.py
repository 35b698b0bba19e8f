"""What customers allow, what they said about it, and the addresses that nothing may be sent to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, time_column


class ConsentRecord(SQLModel, table=True):
    """What a customer last said about one channel for one purpose, or about one topic within it."""

    __tablename__ = "consent"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    channel: str = Field(primary_key=True)
    """Empty, for a topic only: whatever the channel."""
    purpose: str = Field(primary_key=True)
    topic: str = Field(default="", primary_key=True)
    """A list that can be left without leaving the purpose; empty is the purpose itself."""
    granted: bool
    confirmed: bool = False
    """Whether the owner of the address said so from there too; it stays so until the consent is withdrawn."""
    until: datetime | None = time_column(nullable=True)
    """When it ends by itself; None if it does not."""
    source: str
    at: datetime = time_column()


class ConsentStatement(SQLModel, table=True):
    """One thing that a customer said about consent, with its evidence. It is never changed."""

    __tablename__ = "consent_statement"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    __table_args__ = (Index("ix_consent_statement_customer", "customer_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    customer_id: str = Field(foreign_key="customer.id")
    channel: str
    purpose: str
    topic: str = ""
    granted: bool
    confirmed: bool = False
    until: datetime | None = time_column(nullable=True)
    source: str
    """Where it was said: an event's own `source` or name, a link, a provider's answer, a person."""
    at: datetime = time_column()
    evidence: dict[str, Any] = json_column()
    """What proves it: `event` is the id of the event, `proof` what its sender gave as evidence."""


class Suppression(SQLModel, table=True):
    """An address that nothing is sent to, whoever gives it. It outlives the customer: only its digest is kept."""

    kind: str = Field(primary_key=True)
    """`email` or `phone`."""
    digest: str = Field(primary_key=True)
    """See store.digests."""
    reason: str
    """`hard_bounce`, `complaint` or `manual`."""
    source: str
    """Who said so: a provider's name and code, or a person."""
    at: datetime = time_column(index=True)
