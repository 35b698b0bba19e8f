"""The tokens of services."""

from datetime import datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from store.tables.columns import json_list_column, time_column


class ApiToken(SQLModel, table=True):
    """What a service proves itself with, and what it may do. The token itself is nowhere: only its digest."""

    __tablename__ = "api_token"  # pyright: ignore[reportAssignmentType] SQLModel declares it otherwise

    id: str = Field(primary_key=True)
    name: str
    """Which service has it, for people."""
    digest: str = Field(unique=True)
    """SHA-256 of the token, in hex."""
    scopes: list[str] = json_list_column()
    """The permissions of `access.Permission` that it gives."""
    events: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """The names of the events it may bring; None is every one."""
    acts_for: str = ""
    """The address of the person whose decisions it brings; empty when it decides nothing."""
    groups: list[str] = json_list_column()
    """Whose approvals it may decide."""
    created_at: datetime = time_column()
    created_by: str
    expires_at: datetime = time_column()
    last_used_at: datetime | None = time_column(nullable=True)
    """To about a minute."""
    revoked_at: datetime | None = time_column(nullable=True)
