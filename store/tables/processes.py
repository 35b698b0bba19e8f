"""What processes agree on among themselves."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from store.tables.columns import time_column


class Lease(SQLModel, table=True):
    """Which process does a job that only one may do at a time."""

    name: str = Field(primary_key=True)
    owner: str
    until: datetime = time_column()
