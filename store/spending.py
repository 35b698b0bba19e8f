"""What language models cost, by journey and day in UTC: counted apart from decisions, as failed calls cost too."""

from datetime import date

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import TokenSpending


async def add_tokens(session: AsyncSession, journey: str, day: date, tokens: int) -> None:
    """Add to what a journey spent on a day. Safe beside others who do the same."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(TokenSpending).values(journey=journey, day=day, tokens=tokens)
    total = col(TokenSpending.tokens) + statement.excluded.tokens
    await session.exec(statement.on_conflict_do_update(index_elements=["journey", "day"], set_={"tokens": total}))


async def tokens_spent(session: AsyncSession, journey: str, day: date) -> int:
    """What a journey spent on a day so far."""
    row = await session.get(TokenSpending, (journey, day))
    return row.tokens if row else 0
