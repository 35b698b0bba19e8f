"""The retail example as a whole, for tests that look at it from outside only."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from temporalio.client import Client

from store.database import Database
from tests.retail import RetailShop, Shopper, encrypted, retail_shop


@pytest.fixture
async def shop(database: Database, temporal: Client, tmp_path: Path) -> AsyncGenerator[RetailShop]:
    """The running shop, on SQLite and on PostgreSQL."""
    async with retail_shop(database, await encrypted(temporal, database), tmp_path) as running:
        yield running


@pytest.fixture
async def small_shop(sqlite_database: Database, temporal: Client, tmp_path: Path) -> AsyncGenerator[RetailShop]:
    """The running shop on SQLite, where the kind of database does not matter."""
    async with retail_shop(sqlite_database, await encrypted(temporal, sqlite_database), tmp_path) as running:
        yield running


@pytest.fixture
async def lena(small_shop: RetailShop) -> Shopper:
    """A shopper whom the shop on SQLite knows."""
    shopper = Shopper(small_shop)
    await shopper.arrives()
    return shopper
