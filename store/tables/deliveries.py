"""The ledgers: messages and business actions, whatever became of them."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, json_list_column, time_column, word_column

DeliveryState = Literal[
    "reserved", "retrying", "sent", "rejected", "unknown", "delivered", "opened", "clicked", "replied",
    "bounced", "failed", "complained",
]  # fmt: skip


class Delivery(SQLModel, table=True):
    """The ledger: one row for each message of each step, whatever became of it."""

    __table_args__ = (
        Index("ix_delivery_customer_at", "customer_id", "reserved_at"),
        Index("ix_delivery_journey_at", "journey", "reserved_at"),
        Index("ix_delivery_channel_at", "channel", "reserved_at"),
        Index(
            "ix_delivery_unknown",
            "reserved_at",
            sqlite_where=text("state = 'unknown'"),
            postgresql_where=text("state = 'unknown'"),
        ),
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
    priority: int = 50
    """Of the journey, from 0 to 100."""
    discount: float | None = None
    """Per cent, of the offer it makes."""
    offer_until: datetime | None = time_column(nullable=True)
    state: str = word_column()
    attempts: int = 0
    provider_id: str | None = Field(default=None, index=True)
    content_hash: str = ""
    approval_id: str | None = None
    code: str = ""
    """Why it is in its state, as its provider names it: `whatsapp_cloud.131049`. Empty where it named nothing."""
    reason: str = ""
    refusals: list[dict[str, str]] = json_list_column()
    """Each time a provider refused it: the `channel`, the provider's `code`, and when (`at`, in UTC). They stay
    when it leaves over another channel."""
    findings: list[dict[str, Any]] = json_column()
    reserved_at: datetime = time_column()
    sent_at: datetime | None = time_column(nullable=True)
    searched_at: datetime | None = time_column(nullable=True)
    """When the vendor was last asked whether it has it, where nobody knows."""
    outcome_at: datetime | None = time_column(nullable=True)


class Action(SQLModel, table=True):
    """The ledger of business actions: one row for each, whatever became of it."""

    __table_args__ = (Index("ix_action_journey_at", "journey", "reserved_at"),)

    id: str = Field(primary_key=True)
    workflow_id: str = Field(index=True)
    first_run_id: str
    journey: str
    step_id: str
    pass_: int
    customer_id: str = Field(foreign_key="customer.id", index=True)
    tool: str
    given: dict[str, Any] = json_column()
    amount: float | None = None
    """Of money that it gives."""
    currency: str = ""
    """Of that amount; empty when nobody said."""
    state: str = word_column()
    """`reserved`, `retrying`, `done`, `rejected` or `unknown`."""
    attempts: int = 0
    approval_id: str | None = None
    result: dict[str, Any] = json_column()
    code: str = ""
    reason: str = ""
    reserved_at: datetime = time_column()
    ended_at: datetime | None = time_column(nullable=True)


class SurfaceMessage(SQLModel, table=True):
    """A message that waits inside the shop's own app or site until its customer comes by."""

    __tablename__ = "surface_message"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    __table_args__ = (Index("ix_surface_message_customer", "customer_id", "surface"),)

    id: str = Field(primary_key=True)
    """The id of its delivery."""
    customer_id: str = Field(foreign_key="customer.id")
    surface: str
    """`inbox`, `banner`, `checklist` or `tooltip`."""
    content: dict[str, Any] = json_column()
    placed_at: datetime = time_column()
    valid_until: datetime = time_column()
    seen_at: datetime | None = time_column(nullable=True)
    clicked_at: datetime | None = time_column(nullable=True)
    dismissed_at: datetime | None = time_column(nullable=True)
    withdrawn_at: datetime | None = time_column(nullable=True)
