"""Experiments: what was laid down before the start, when it ran, and what was concluded."""

from datetime import datetime
from typing import Any, Literal

from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, json_list_column, time_column, word_column

ExperimentState = Literal["planned", "running", "stopped"]


class Experiment(SQLModel, table=True):
    """A split of a journey, its holdout or its business as usual, looked at by a plan, which never changes once it
    runs."""

    name: str = Field(primary_key=True)
    journey: str = Field(index=True)
    split: str = ""
    """`as-usual` for planners against business as usual; empty for the journey against its holdout."""
    arms: list[dict[str, Any]] = json_column()
    """`arm` and `weight`, the control first."""
    event: str
    """The event that counts as a conversion."""
    window_days: int
    """How long after a customer came it counts."""
    guards: list[dict[str, Any]] = json_list_column()
    """`metric` and `margin`: what must not get worse, and by how much it may."""
    rate: float
    """The share who convert without it, as it was taken for the plan."""
    lift: float
    """The smallest that shall be found, relative to the rate."""
    power: float
    daily: float
    """Customers who come in a day, as it was taken for the plan."""
    customers: int
    """Planned, in all arms together."""
    days: int
    """Planned: whole weeks, and the window."""
    state: str = word_column()
    planned_at: datetime = time_column()
    planned_by: str
    started_at: datetime | None = time_column(nullable=True)
    started_by: str = ""
    watched_at: datetime | None = time_column(nullable=True)
    """When its guardrail metrics were looked at last."""
    stopped_at: datetime | None = time_column(nullable=True)
    stopped_by: str = ""
    reason: str = ""
    """Why it was stopped."""
    conclusion: dict[str, Any] = json_column()
    """What was said at the stop, and by which method; empty before."""
