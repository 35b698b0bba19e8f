"""One page of a listing. Every listing of every door is paged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

Row = TypeVar("Row")
Table = TypeVar("Table", bound=SQLModel)

PAGE_SIZE = 25


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a listing. `number` counts from 1; `more` says whether a next page has any."""

    rows: Sequence[Row]
    number: int
    more: bool


async def read_page(
    session: AsyncSession, query: SelectOfScalar[Table], number: int, size: int = PAGE_SIZE
) -> Page[Table]:
    """The page `number` of an ordered query. It reads one row more than it gives, to know if a next exists."""
    rows = (await session.exec(query.offset((number - 1) * size).limit(size + 1))).all()
    return Page(rows=rows[:size], number=number, more=len(rows) > size)
