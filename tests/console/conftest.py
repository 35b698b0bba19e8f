"""The console over HTTP; tests/browser looks at it in a real browser."""

from collections.abc import AsyncGenerator

import httpx
import pytest
from fastapi import FastAPI

from starter.console.pages import mount
from starter.services import Services
from store.database import Database
from tests import seeding

SITE = "http://sojourn.test"


def app_of(services: Services) -> FastAPI:
    app = FastAPI()
    app.state.services = services
    mount(app)
    return app


@pytest.fixture
async def shop(database: Database) -> Services:
    """A shop whose Temporal server is down, on SQLite and on PostgreSQL."""
    return await seeding.services(database)


@pytest.fixture
async def site(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """The console of `shop`, with nobody signed in."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(shop)), base_url=SITE) as client:
        yield client


@pytest.fixture
async def ada(site: httpx.AsyncClient) -> httpx.AsyncClient:
    """The console of `shop`, with Ada of marketing signed in."""
    await site.post("/sign-in", data={"token": seeding.ADA.token})
    return site


@pytest.fixture
async def demo(sqlite_database: Database) -> Services:
    """A demonstration whose Temporal server is down."""
    return await seeding.services(sqlite_database, demo_users=True)
