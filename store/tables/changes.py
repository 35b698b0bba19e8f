"""Changes that people review before they are live."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Index, Text, text
from sqlmodel import Column, Field, SQLModel

from store.tables.columns import json_column, json_list_column, time_column, word_column

ChangeState = Literal["open", "approved", "rejected", "expired", "lost", "rolled_back"]
"""`lost` is one whose review Temporal ended: it was terminated there, timed out or failed, or was deleted."""
ChangeKind = Literal["journey", "policies", "content", "autonomy"]


class Change(SQLModel, table=True):
    """What somebody wants to be live, and what became of it."""

    id: str = Field(primary_key=True)
    kind: ChangeKind = word_column()
    """What would be another: a journey's definition, the policies of the project, a content over one channel, or
    how much a journey that was tightened may do by itself."""
    subject: str = Field(index=True)
    """Which of its kind: the journey's name, the file's, or the content's with its channel: `welcome/email`."""
    version: str
    """What is proposed, by its content address: a decision is about this and nothing else."""
    was: str = ""
    """What was live when it was proposed; empty when there was nothing."""
    definition: dict[str, Any] = json_column()
    """What goes live, in the form of its kind: see store.going_live."""
    diff: str = Field(sa_column=Column(Text, nullable=False))
    """Against what was live, as `diff -u` shows it."""
    preview: str = Field(default="", sa_column=Column(Text, nullable=False))
    """What it would have done lately, or what the log says of its planners, in lines to read; empty where there is
    nothing to tell."""
    why: str = ""
    """Why it is proposed, if whoever did said so."""
    areas: dict[str, str] = json_column()
    """The areas it touches, each with the group that must agree."""
    owner: str
    """Who wrote it, or whose it is; empty when nobody said."""
    author: str
    """Who proposed it."""
    state: ChangeState = word_column()
    proposed_at: datetime = time_column(index=True)
    deadline: datetime = time_column()
    settled_at: datetime | None = time_column(nullable=True)
    settled_by: list[str] = json_list_column()
    """Those who approved it, or the one who rejected or took it back."""
    reason: str = ""


class FilesVersion(SQLModel, table=True):
    """Files as they were published together. At most one version of each subject is live."""

    __tablename__ = "files_version"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise
    __table_args__ = (
        Index(
            "ix_one_live_version", "subject", unique=True, sqlite_where=text("live"), postgresql_where=text("live")
        ),
    )

    subject: str = Field(primary_key=True)
    """What they are: `policies.yaml`, or a content over one channel: `welcome/email`."""
    version: str = Field(primary_key=True)
    """Their content address."""
    kind: ChangeKind = word_column()
    files: dict[str, str] = json_column()
    """Their texts by name."""
    published_at: datetime = time_column()
    """When it went live last."""
    published_by: str
    live: bool = Field(index=True)
