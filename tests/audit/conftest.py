"""A log with some entries of every kind, chained."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from settings import Settings
from starter.auditing.anchor import Anchor
from starter.auditing.sealer import seal_all
from store.append_only import guard, unguard
from store.audit import record
from store.database import Database
from tests.seeding import SECRET

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ANA = "ana@northwind.example"

Write = Callable[..., Awaitable[None]]


@pytest.fixture
def anchor(tmp_path: Path) -> Anchor:
    """The file with the head, in a folder of its own."""
    return Anchor(Settings(state_dir=tmp_path / "state", secret=SECRET))


async def write(database: Database, number: int, first: int = 1, about: str = "c_lena") -> None:
    """Write entries of several kinds, one a minute, every second one about a customer."""
    async with database.transaction() as session:
        for count in range(first, first + number):
            at, whom = AT + timedelta(minutes=count), about if count % 2 else ""
            kind = ("change", "verdict", "login", "refusal")[count % 4]
            evidence = {"contacts": count} if whom else None
            facts = {"number": count, "share": 0.1 * count, "words": ["über", "it"]}
            record(session, kind, f"thing:{count}", ANA, facts, at=at, customer_id=whom, evidence=evidence)


@asynccontextmanager
async def tampering(database: Database) -> AsyncGenerator[AsyncSession]:
    """A session of someone who owns the tables, and takes the triggers off that would refuse them."""
    async with database.transaction() as session:
        await (await session.connection()).run_sync(unguard)
        yield session
        await (await session.connection()).run_sync(guard)


async def written(database: Database, anchor: Anchor, number: int) -> None:
    """A log with so many entries, chained, whose head is kept."""
    await write(database, number)
    await seal_all(database, anchor)
