"""One connection to the store: SQLite by default, PostgreSQL by its URL."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

_BUSY_MS = 30_000


class Database:
    """Opens sessions: `transaction` commits at its end or rolls back on any exception, `reading` only reads."""

    def __init__(self, url: str) -> None:
        self.url = _async_url(url)
        self._engine = _engine(self.url)
        # SQLite lets waiting writers in by chance, so that under load some wait for many seconds. Here they queue.
        self._turn = asyncio.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """A session in one transaction. On SQLite it takes the one write lock at its start, so that what it
        reads cannot change before it writes; on PostgreSQL lock the rows that matter (`lock_customer`)."""
        async with self._turn, AsyncSession(self._engine, expire_on_commit=False, autoflush=False) as session:
            await session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})
            yield session
            await session.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession]:
        """A session that only reads."""
        async with AsyncSession(self._engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[AsyncConnection]:
        """A bare connection in a transaction, for migrations."""
        async with self._engine.begin() as connection:
            yield connection

    async def overwrite_deleted(self) -> None:
        """Leave nothing of what was deleted in SQLite's files; PostgreSQL's own vacuum sees to its."""
        if self.is_sqlite:
            async with self._turn, self._engine.connect() as connection:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        await self._engine.dispose()


def _async_url(url: str) -> str:
    """The URL with the driver we use, so that people can write `sqlite:///...` or `postgresql://...`."""
    parsed = make_url(url)
    driver = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
    }
    name = driver.get(parsed.get_backend_name(), parsed.drivername)
    return parsed.set(drivername=name).render_as_string(hide_password=False)


def _engine(url: str) -> AsyncEngine:
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_size=10, max_overflow=10)
    if (file := make_url(url).database) and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    given = {"timeout": _BUSY_MS / 1000, "factory": _SqliteConnection}
    engine = create_async_engine(url, connect_args=given, pool_size=15, max_overflow=0)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


class _SqliteConnection(sqlite3.Connection):
    """A connection that opens as we want all of them. In one go: were it set up afterwards, whoever is cancelled
    meanwhile would leave it open."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        # The driver's own transaction handling begins too late to take the write lock first; we begin ourselves.
        self.isolation_level = None
        self.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        self.execute("PRAGMA journal_mode=WAL")
        self.execute("PRAGMA synchronous=FULL")
        self.execute("PRAGMA foreign_keys=ON")
        # What is erased must not stay readable in the file's free pages.
        self.execute("PRAGMA secure_delete=ON")

    def close(self) -> None:
        """Close, and let go of the lock at once. By itself a closed connection keeps it for as long as anybody has
        a cursor of it, as the traceback of whoever was cancelled does (https://sqlite.org/c3ref/close.html)."""
        with suppress(sqlite3.ProgrammingError):  # it is closed already
            self.rollback()
        super().close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))
