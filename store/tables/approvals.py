"""Questions to people."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, json_list_column, time_column, word_column

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
    people: int = 1
    """How many must agree."""
    agreed: list[str] = json_column()
    """Who has, as long as others must too."""
    assignee: str = ""
    """The one person of the group to whom it was handed; empty is anyone of them."""
    author: str
    content_author: str = ""
    requester: str = ""
    """Who requested what it is for, by the start of the run; empty when that is not known."""
    channel: str
    recipient: str
    message: dict[str, Any] = json_column()
    content_hash: str
    texts: dict[str, Any] = json_column()
    """What of it a person may edit, by field."""
    edited_by: str = ""
    """Who put other words into it last; empty as long as it is as it was made."""
    basis: str
    """A hash of all that the message was made from; when that changes, the question is asked again."""
    similar: str = ""
    """A hash of what makes others like it; empty when each is for itself."""
    discount: float | None = None
    """Per cent."""
    amount: float | None = None
    """Of money, in its own currency."""
    reason: str
    findings: list[dict[str, Any]] = json_column()
    grounds: dict[str, Any] = json_column()
    """Why now and why this, as it was when it was asked: see journeys.grounds. It is no part of the hash."""
    state: str = word_column()
    requested_at: datetime = time_column()
    deadline: datetime = time_column()
    turns: list[dict[str, str]] = json_list_column()
    """The groups that are asked one after the other while nobody decides: `at` as ISO 8601, and `group`."""
    otherwise: str = "skip"
    decided_by: str = ""
    decided_at: datetime | None = time_column(nullable=True)
    decision_reason: str = ""

    @property
    def currency(self) -> str:
        """Of the amount, as the action names it; empty where it names none."""
        return str(self.message.get("given", {}).get("currency", ""))


NoticeKind = Literal["asked", "handed", "escalated", "reminder", "withdrawn"]


class Notice(SQLModel, table=True):
    """That people are to be told of an approval: written with what happened to it, told soon after."""

    id: int | None = Field(default=None, primary_key=True)
    approval_id: str = Field(foreign_key="approval.id", index=True)
    audience: str = ""
    """The group that is told; empty is whoever was told of the approval before."""
    kind: str = word_column()
    at: datetime = time_column()
    """When it happened."""
    taken_until: datetime | None = time_column(nullable=True)
    """Until when somebody is about to tell it; who died over it leaves it to others then."""
    told_at: datetime | None = time_column(nullable=True)


class LabelFacts(SQLModel):
    """What a person made of one field of what they were asked about before they agreed to it."""

    approval_id: str = Field(foreign_key="approval.id", index=True)
    journey: str
    step_id: str
    content: str
    content_version: str
    channel: str
    language: str
    field: str
    before: str
    after: str
    by: str
    at: datetime = time_column()
    """In UTC."""


class EditLabel(LabelFacts, table=True):
    """An edit as a label to learn from: it goes when its customer is erased."""

    __tablename__ = "edit_label"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    id: int | None = Field(default=None, primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)


class StandingGrant(SQLModel, table=True):
    """A person's word for all that is like what they approved, so often and until then."""

    __tablename__ = "standing_grant"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    id: str = Field(primary_key=True)
    journey: str = Field(index=True)
    similar: str = Field(index=True)
    """The hash that what it covers has in common: journey, step, content and its version, offer and policies."""
    approval_id: str = Field(foreign_key="approval.id")
    """What the person saw when they gave it."""
    group: str
    discount: float | None = None
    """The most it covers, in per cent."""
    amount: float | None = None
    """The most it covers, of money."""
    currency: str = ""
    """Of the amount; empty where the action names none."""
    most: int
    """How often it can be used."""
    used: int = 0
    given_by: str
    given_at: datetime = time_column()
    ends_at: datetime = time_column()
    revoked_by: str = ""
    revoked_at: datetime | None = time_column(nullable=True)
    told_expired: bool = False
    """Whether the audit log tells that its time was over before it was used up."""


class GrantUse(SQLModel, table=True):
    """What left under a standing grant: once for each delivery or action, however often it is tried."""

    __tablename__ = "grant_use"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    delivery_id: str = Field(primary_key=True)
    grant_id: str = Field(foreign_key="standing_grant.id", index=True)
    at: datetime = time_column()
