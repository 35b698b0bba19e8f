"""Looking into the store."""

from typing import Any

from sqlmodel import SQLModel, select

from store.database import Database


class Kept:
    """What the store holds."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def all(self, table: type[SQLModel]) -> list[Any]:
        async with self.database.reading() as session:
            return list((await session.exec(select(table))).all())

    async def one(self, table: type[SQLModel]) -> Any:
        (row,) = await self.all(table)
        return row
