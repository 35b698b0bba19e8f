"""A shop with its approvals API: one with nothing behind it but the store, and one that really runs."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from temporalio.client import Client

from starter.approvals import api as approvals_api
from starter.services import Services
from store.database import Database
from tests import seeding
from tests.living import LivingShop, living_shop


def client_of(services: Services) -> httpx.AsyncClient:
    """An HTTP client of the approvals API."""
    app = FastAPI()
    app.state.services = services
    app.include_router(approvals_api.router)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sojourn.test")


@pytest.fixture
async def shop(database: Database) -> Services:
    """A shop whose Temporal server is down, on SQLite and on PostgreSQL."""
    return await seeding.services(database)


@pytest.fixture
async def api(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """The approvals API of `shop`."""
    async with client_of(shop) as client:
        yield client


@pytest.fixture
async def living(sqlite_database: Database, tmp_path: Path, temporal: Client) -> AsyncGenerator[LivingShop]:
    """A shop that really runs."""
    async with living_shop(sqlite_database, tmp_path / "shop", temporal) as shop:
        yield shop


@pytest.fixture
async def living_api(living: LivingShop) -> AsyncGenerator[httpx.AsyncClient]:
    """The approvals API of `living`."""
    async with client_of(living.services) as client:
        yield client
