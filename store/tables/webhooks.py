"""What vendors told us: reports that no delivery fits yet, and how many calls came."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from store.tables.columns import json_column, time_column


class WaitingReport(SQLModel, table=True):
    """A vendor's report about a message that we do not know by that id: perhaps the send has yet to return."""

    __tablename__ = "waiting_report"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    id: str = Field(primary_key=True)
    """The id of the event it will be."""
    vendor: str
    channel: str
    provider_id: str = Field(index=True)
    report: dict[str, Any] = json_column()
    received_at: datetime = time_column(index=True)


class WebhookTally(SQLModel, table=True):
    """How often something came in from a vendor."""

    __tablename__ = "webhook_tally"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    vendor: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    count: int
    last_at: datetime = time_column()
