"""Segments: how they are defined, and who is in them."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.tables.columns import time_column


class SegmentRecord(SQLModel, table=True):
    """A segment as it is defined now, and how far the customers there were have been counted by it."""

    __tablename__ = "segment"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    name: str = Field(primary_key=True)
    """As it is declared; `journey:NAME` for one that a journey has of its own."""
    condition: str
    version: str
    """Tells this definition from others: see journeys.segments."""
    changed_at: datetime = time_column()
    counted_to: str = ""
    """The last customer, in the order of their ids, who was looked at."""
    counted: bool = False
    """Whether everybody was looked at."""


class Membership(SQLModel, table=True):
    """Whether a customer is in a segment. Who never was has no row."""

    __table_args__ = (
        Index("ix_membership_members", "segment", "member"),
        Index("ix_membership_changes", "segment", "since"),
    )

    segment: str = Field(primary_key=True)
    customer_id: str = Field(primary_key=True, foreign_key="customer.id", index=True)
    member: bool
    since: datetime = time_column()
    version: str
    """The definition by which it was told last."""
