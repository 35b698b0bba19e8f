"""The timeline: what runs did, written as spans, each exactly once."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Span

_TABLE = cast(Table, Span.__table__)  # pyright: ignore[reportAttributeAccessIssue] SQLModel does not declare it
_INSERTS = {
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing(index_elements=["span_id"]),
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing(index_elements=["span_id"]),
}


async def write_spans(session: AsyncSession, spans: Sequence[Span]) -> None:
    """Write spans; one that is there already stays as it is."""
    if not spans:
        return
    connection = await session.connection()
    # Past the ORM: spans are most of what a run writes, and nobody needs them as objects here.
    await connection.execute(_INSERTS[connection.dialect.name], [span.model_dump() for span in spans])


async def unexported_spans(session: AsyncSession, limit: int) -> list[Span]:
    """Spans that have yet to leave over OTLP, oldest end first."""
    query = select(Span).where(col(Span.exported).is_(False)).order_by(col(Span.ended_at)).limit(limit)
    return list((await session.exec(query)).all())


async def mark_exported(session: AsyncSession, span_ids: Sequence[str]) -> None:
    await session.exec(update(Span).where(col(Span.span_id).in_(span_ids)).values(exported=True))
