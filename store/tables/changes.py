"""Changes of journeys that people review before they are live."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Text
from sqlmodel import Column, Field, SQLModel

from store.tables.columns import json_column, json_list_column, time_column, word_column

ChangeState = Literal["open", "approved", "rejected", "expired", "rolled_back"]


class Change(SQLModel, table=True):
    """A version of a journey that somebody wants to be live, and what became of it."""

    id: str = Field(primary_key=True)
    journey: str = Field(index=True)
    version: str
    """What is proposed, by its content address: a decision is about this and nothing else."""
    was: str = ""
    """The version that was live when it was proposed; empty when there was none."""
    definition: dict[str, Any] = json_column()
    diff: str = Field(sa_column=Column(Text, nullable=False))
    """Against what was live, as `diff -u` shows it."""
    areas: dict[str, str] = json_column()
    """The areas it touches, each with the group that must agree."""
    owner: str
    """Whose journey it is."""
    author: str
    """Who proposed it."""
    state: ChangeState = word_column()
    proposed_at: datetime = time_column(index=True)
    deadline: datetime = time_column()
    settled_at: datetime | None = time_column(nullable=True)
    settled_by: list[str] = json_list_column()
    """Those who approved it, or the one who rejected or took it back."""
    reason: str = ""
