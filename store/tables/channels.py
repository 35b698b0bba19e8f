"""What keeps workers from sending over a channel for a while, who sends, and the alerts to people that left."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from store.tables.columns import time_column


class ChannelPause(SQLModel, table=True):
    """No worker sends over a channel until a moment, and why. After it one message shows whether the others may
    follow; the pause is lifted when a message gets through."""

    __tablename__ = "channel_pause"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    channel: str = Field(primary_key=True)
    provider: str
    worker: str
    """The process that found it, and its machine."""
    code: str
    reason: str
    setting: bool
    """Whether the settings or the account are wrong: a person has to mend them."""
    breaks: int
    """How often the breaker opened since a message last got through; 0 where the vendor asked for a pause."""
    since: datetime = time_column()
    until: datetime = time_column()
    tried_at: datetime | None = time_column(nullable=True)
    """When a message was last let through to try."""


class SendingWorker(SQLModel, table=True):
    """A worker, as it last said that it is there. Those that are share what a channel may send in a second."""

    __tablename__ = "sending_worker"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    worker: str = Field(primary_key=True)
    """The process and its machine."""
    seen_at: datetime = time_column(index=True)


class Alert(SQLModel, table=True):
    """That people were told something, and how many of their services took it. Not what it said."""

    id: int | None = Field(default=None, primary_key=True)
    audience: str
    told_at: datetime = time_column(index=True)
    reached: int
    failed: int
    reason: str = ""
    """Why the services that failed did."""
