"""What keeps workers from sending over a channel for a while, and the alerts to people that left."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from store.tables.columns import time_column


class ChannelPause(SQLModel, table=True):
    """A worker sends nothing over a channel until a moment, and why. It is lifted when a message gets through."""

    __tablename__ = "channel_pause"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    channel: str = Field(primary_key=True)
    worker: str = Field(primary_key=True)
    """The process and its machine."""
    provider: str
    code: str
    reason: str
    since: datetime = time_column()
    until: datetime = time_column()


class Alert(SQLModel, table=True):
    """That people were told something, and how many of their services took it. Not what it said."""

    id: int | None = Field(default=None, primary_key=True)
    audience: str
    told_at: datetime = time_column(index=True)
    reached: int
    failed: int
    reason: str = ""
    """Why the services that failed did."""
