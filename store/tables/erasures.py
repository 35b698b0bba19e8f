"""What was erased: the proof, without what it proves to be gone."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, time_column


class Erasure(SQLModel, table=True):
    """That a customer was erased: when, by whom, and how much of what. It names opaque ids only."""

    customer_id: str = Field(primary_key=True)
    """Whom nothing connects with a person any more."""
    requested_at: datetime = time_column(index=True)
    requested_by: str
    """The person of the project who asked for it."""
    suppress: bool
    """Whether digests of the addresses stay behind, so that nothing is ever sent to them again."""
    traces: dict[str, Any] = json_column()
    """What the customer was known by, to find it in what belongs to nobody. Empty once the erasure is done."""
    counts: dict[str, Any] = json_column()
    """By table, how many rows were deleted or emptied; `runs ended` and `keys destroyed` beside them."""
    done_at: datetime | None = time_column(nullable=True)
