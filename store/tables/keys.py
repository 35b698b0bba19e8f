"""The keys under which Temporal keeps what runs know of customers."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from store.tables.columns import time_column


class CustomerKey(SQLModel, table=True):
    """A data key, wrapped by a master key. The row outlives its customer without the key, so that nothing
    makes a new one: what was encrypted stays unreadable."""

    __tablename__ = "customer_key"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    owner: str = Field(primary_key=True)
    """A customer id, or `shared` for what is of no customer."""
    wrapped: bytes = b""
    """Empty once the key was destroyed."""
    master: str = Field(default="", index=True)
    """Which master key wraps it."""
    created_at: datetime = time_column()
    destroyed_at: datetime | None = time_column(nullable=True)
