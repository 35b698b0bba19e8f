"""What is worked out from a customer's events as they come in."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, time_column


class CustomerFeatures(SQLModel, table=True):
    """A customer's features as one document, which learning/features/ folds and reads. Who has no events has no
    row."""

    __tablename__ = "customer_features"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    document: dict[str, Any] = json_column()
    changed_at: datetime = time_column()
    look_at: datetime | None = time_column(nullable=True, index=True)
    """When the customer's segments are to be looked at again though nothing happens; never too late."""


class ScoreFit(SQLModel, table=True):
    """The parameters of a score, fitted to the customers there were."""

    __tablename__ = "score_fit"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    score: str = Field(primary_key=True)
    parameters: dict[str, float] = json_column()
    customers: int
    """How many customers it was fitted to."""
    fitted_at: datetime = time_column()
