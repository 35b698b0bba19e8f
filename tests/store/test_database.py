"""The store keeps what it is given, on SQLite and on PostgreSQL alike."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, make_url
from sqlmodel import SQLModel, select

from store.database import Database
from store.tables import Customer


async def test_times_come_back_in_utc(database: Database) -> None:
    hamburg = timezone(timedelta(hours=2))
    async with database.transaction() as session:
        session.add(Customer(id="c1", traits={}, created_at=datetime(2026, 7, 1, 12, tzinfo=hamburg)))
    async with database.reading() as session:
        customer = (await session.exec(select(Customer))).one()
    assert customer.created_at == datetime(2026, 7, 1, 10, tzinfo=UTC)


async def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    async def fail_half_way() -> None:
        async with database.transaction() as session:
            session.add(Customer(id="c1", traits={}, created_at=datetime.now(UTC)))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_half_way()
    async with database.reading() as session:
        assert (await session.exec(select(Customer))).all() == []


async def test_a_transaction_that_is_cut_off_lets_others_write_though_its_traceback_has_a_cursor(
    sqlite_database: Database,
) -> None:
    cursors: list[object] = []

    async def cut_off() -> None:
        async with sqlite_database.transaction() as session:
            connection = await session.connection()
            driver: Any = (await connection.get_raw_connection()).driver_connection
            insert = "INSERT INTO lease (name, owner, until) VALUES ('a', 'b', 0) RETURNING name"
            cursors.append(await driver.execute(insert))
            # What SQLAlchemy does with the connection of whoever is cancelled in the middle of a statement.
            await connection.invalidate()
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await cut_off()
    file = make_url(sqlite_database.url).database or ""
    with closing(sqlite3.connect(file, timeout=0)) as impatient:
        impatient.execute("BEGIN IMMEDIATE")
        assert impatient.execute("SELECT count(*) FROM lease").fetchone() == (0,)


async def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return compare_metadata(context, SQLModel.metadata)

    async with database.connection() as connection:
        assert await connection.run_sync(differences) == []
