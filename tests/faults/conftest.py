"""Deliveries on a real store, against vendors that fail when asked to."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from store.database import Database
from tests.conftest import RETAIL
from tests.faults.sending import Sending, copy_project
from tests.retail import retail_sandbox


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncGenerator[Sandbox]:
    async with retail_sandbox(tmp_path / "vendors") as running:
        yield running


@asynccontextmanager
async def _sending(database: Database, sandbox: Sandbox, folder: Path) -> AsyncGenerator[Sending]:
    sending = Sending(database, sandbox, copy_project(RETAIL, folder / "project"))
    sending.reload()
    yield sending
    await sending.close()


@pytest.fixture
async def sending(database: Database, sandbox: Sandbox, tmp_path: Path) -> AsyncGenerator[Sending]:
    """The `deliver` activity, on SQLite and on PostgreSQL."""
    async with _sending(database, sandbox, tmp_path) as ready:
        yield ready


@pytest.fixture
async def small_sending(sqlite_database: Database, sandbox: Sandbox, tmp_path: Path) -> AsyncGenerator[Sending]:
    """The `deliver` activity on SQLite, where the kind of database does not matter."""
    async with _sending(sqlite_database, sandbox, tmp_path) as ready:
        yield ready
