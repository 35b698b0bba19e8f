"""Customers: who the world's ids name, where they can be reached."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, time_column


class Customer(SQLModel, table=True):
    """One person. `id` is opaque: it stands in workflow ids, spans and search attributes."""

    id: str = Field(primary_key=True)
    traits: dict[str, Any] = json_column()
    time_zone: str | None = None
    locale: str | None = None
    created_at: datetime = time_column()


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
    updated_at: datetime = time_column()
