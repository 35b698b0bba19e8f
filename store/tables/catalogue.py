"""The products on sale as they are now, what changed about them, and what customers did with them."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, time_column, word_column

ProductSource = Literal["folder", "feed"]


class CatalogueProduct(SQLModel, table=True):
    """A product as it was told last."""

    __tablename__ = "catalogue_product"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    product_id: str = Field(primary_key=True)
    facts: dict[str, Any] = json_column()
    """As content.catalogue.Product writes them, its cost included."""
    source: ProductSource = word_column()
    """Who tells of it: what the project's `catalogue.yaml` alone declared is gone once it is gone from there."""
    changed_at: datetime = time_column()


class ProductChange(SQLModel, table=True):
    """A change of price or stock of which those who care are yet to be told."""

    __tablename__ = "product_change"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    id: int | None = Field(default=None, primary_key=True)
    product_id: str
    event: str
    """The name of the event that tells of it."""
    facts: dict[str, Any] = json_column()
    """The properties of the event."""
    at: datetime = time_column()
    told_to: str = ""
    """The last customer who was told, in the order of ids."""


class ProductTouch(SQLModel, table=True):
    """That a customer looked at a product or bought it."""

    __tablename__ = "product_touch"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    __table_args__ = (
        Index("ix_product_touch_product", "product_id", "kind", "customer_id"),
        Index("ix_product_touch_customer", "customer_id"),
    )

    id: str = Field(primary_key=True)
    """A digest of the customer, the product and the kind."""
    customer_id: str = Field(foreign_key="customer.id")
    product_id: str
    kind: str = word_column()
    """`viewed` or `bought`."""
    at: datetime = time_column()
    """The last time that counted."""


class ProductCount(SQLModel, table=True):
    """How many customers touched a product, and how much it is touched of late."""

    __tablename__ = "product_count"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    product_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    customers: int
    weight: float
    """A sum of touches that fades, as of `at`: see learning.products."""
    at: int
    """Seconds since 1970."""
    rank: float = Field(index=True)
    """Orders products by what is left of their weight, at any moment."""


class ProductPair(SQLModel, table=True):
    """How many customers touched both of two products."""

    __tablename__ = "product_pair"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    product_id: str = Field(primary_key=True)
    other_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    customers: int


class CatalogueState(SQLModel, table=True):
    """How far events were folded into the catalogue, and its revision, which goes up with every change."""

    __tablename__ = "catalogue_state"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    name: str = Field(primary_key=True)
    seq: int = 0
    revision: int = 0
    feed: str = ""
    """The SHA-256 of the project's own `catalogue.yaml` as it was taken in last."""
