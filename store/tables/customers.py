"""Customers: who the world's ids name, where they can be reached."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, json_list_column, time_column


class Customer(SQLModel, table=True):
    """One person. `id` is opaque: it stands in workflow ids, spans and search attributes.

    One who turned out to be another is empty but for `merged_into`, and every id of theirs leads there.
    """

    id: str = Field(primary_key=True)
    traits: dict[str, Any] = json_column()
    time_zone: str | None = None
    time_zone_from: str = ""
    """Where the time zone comes from: `trait`, `context` (the device), `phone` or `locale`."""
    locale: str | None = None
    locale_from: str = ""
    """Where the locale comes from: `trait` or `context`."""
    said_at: datetime | None = time_column(nullable=True)
    """When the latest event happened that says something of the traits, the time zone or the locale. What an
    earlier one says that comes late only fills gaps."""
    created_at: datetime = time_column(index=True)
    erased_at: datetime | None = time_column(nullable=True)
    """Since when there is nothing but the id, so that what was counted still adds up."""
    merged_into: str | None = Field(default=None, foreign_key="customer.id")
    """Who this customer turned out to be: never one who is merged as well."""
    absorbed: list[str] = json_list_column()
    """Every customer who turned out to be this one."""
    apart_from: list[str] = json_list_column()
    """Customers whom a person told apart from this one: no event makes them one again."""

    @property
    def ids(self) -> list[str]:
        """The ids under which runs, spans and search attributes know this customer, the own one first."""
        return [self.id, *self.absorbed]


class Identity(SQLModel, table=True):
    """An id by which the world knows a customer, and why it is this customer's."""

    kind: str = Field(primary_key=True)
    """`user`, `anonymous`, `email`, `phone`, `device`, or one that the project names."""
    value: str = Field(primary_key=True)
    """As it was given; of emails, phones and devices the digest (see store.digests)."""
    customer_id: str = Field(foreign_key="customer.id", index=True)
    since: datetime = time_column()
    event_id: str = ""
    """The event that said so."""
    by_kind: str = ""
    """The id that the event named beside it, which led to the customer; empty when there was none."""
    by_value: str = ""


class IdentityChange(SQLModel, table=True):
    """An id that went from one customer to another by itself, or a link that the rules refused."""

    __tablename__ = "identity_change"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    id: int | None = Field(default=None, primary_key=True)
    rule: str
    """`moved` or `refused`."""
    kind: str
    value: str
    by_kind: str
    by_value: str
    customer_id: str = Field(foreign_key="customer.id", index=True)
    """Whose the id now is, or would have become."""
    other_id: str = Field(foreign_key="customer.id", index=True)
    """Whose it was, or stays."""
    event_id: str
    at: datetime = time_column()


class Merge(SQLModel, table=True):
    """Two customers who turned out to be one, and all that is needed to tell them apart again."""

    id: int | None = Field(default=None, primary_key=True)
    survivor_id: str = Field(foreign_key="customer.id", index=True)
    gone_id: str = Field(foreign_key="customer.id", index=True)
    rule: str
    """`linked` (an event named ids of both), `alias` (it said that they are one), or `person`."""
    kind: str = ""
    """The id of the one who is gone by which they met; empty when a person merged them."""
    value: str = ""
    by_kind: str = ""
    """The id of the survivor beside it."""
    by_value: str = ""
    event_id: str = ""
    by: str = ""
    """The person who merged them."""
    reason: str = ""
    at: datetime = time_column()
    evidence: dict[str, Any] = json_column()
    """What was whose before: see store.merging."""
    undone_at: datetime | None = time_column(nullable=True)
    undone_by: str = ""


class Address(SQLModel, table=True):
    """Where a customer can be reached: kind `email`, `phone`, `push_token`, `web_push` or
    `whatsapp_user_id`. Dead ones stay."""

    __table_args__ = (Index("ix_address_value", "kind", "value"),)

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    active: bool = True
    why_inactive: str = ""
    updated_at: datetime = time_column()
