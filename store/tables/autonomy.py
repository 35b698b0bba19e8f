"""What was tightened about how much journeys may do by themselves."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from store.tables.columns import time_column, word_column


class Tightening(SQLModel, table=True):
    """A journey that needs people since something went wrong. It holds until a person loosens it."""

    id: int | None = Field(default=None, primary_key=True)
    journey: str = Field(index=True)
    tier: str = word_column()
    """`supervised` or `human`."""
    group: str
    """Who decides from now on."""
    reason: str
    by: str
    """The person or the guardrail that tightened it."""
    at: datetime = time_column()
    loosened_by: str = ""
    loosened_at: datetime | None = time_column(nullable=True)
