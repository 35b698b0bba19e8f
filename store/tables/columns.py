"""The columns that tables are made of. All times are UTC: `UtcTime` refuses naive ones and gives aware ones."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, TypeDecorator
from sqlmodel import Field, String


class UtcTime(TypeDecorator[datetime]):
    """A point in time, kept in UTC. SQLite forgets time zones; this gives them back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a naive time reached the store: {value}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


def time_column(*, nullable: bool = False, index: bool = False) -> Any:
    """A point in time."""
    return Field(sa_column=Column(UtcTime, nullable=nullable, index=index), default=None if nullable else ...)


def json_column() -> Any:
    """A JSON object or list, never null."""
    return Field(sa_column=Column(JSON, nullable=False))


def json_list_column() -> Any:
    """A JSON list, empty unless something is said."""
    # Each row gets a copy. Of a factory the signature would be read for each row: half a millisecond for `list`.
    return Field(sa_column=Column(JSON, nullable=False), default=[])


def word_column() -> Any:
    """A column that holds one of a few words. SQLModel cannot map a Literal by itself."""
    return Field(sa_column=Column(String, nullable=False))
