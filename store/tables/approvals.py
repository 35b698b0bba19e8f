"""Questions to people."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, time_column, word_column

ApprovalState = Literal["open", "approved", "rejected", "expired", "withdrawn"]


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
    tier: str = word_column()
    """`supervised` or `human`."""
    author: str
    channel: str
    recipient: str
    message: dict[str, Any] = json_column()
    content_hash: str
    basis: str
    """A hash of all that the message was made from; when that changes, the question is asked again."""
    discount: float | None = None
    reason: str
    findings: list[dict[str, Any]] = json_column()
    state: str = word_column()
    requested_at: datetime = time_column()
    deadline: datetime = time_column()
    otherwise: str = "skip"
    decided_by: str = ""
    decided_at: datetime | None = time_column(nullable=True)
    decision_reason: str = ""
