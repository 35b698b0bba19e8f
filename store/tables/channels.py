"""What keeps workers from sending over a channel for a while."""

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
