"""The doors of a shop, asked over HTTP; what they accepted is read back from its store."""

import base64
from collections.abc import AsyncGenerator

import httpx
import pytest

from starter.app import create_app
from starter.services import Services
from store.database import Database
from tests import seeding
from tests.kept import Kept


@pytest.fixture
async def shop(database: Database) -> Services:
    """A shop whose Temporal is down: its doors must not mind."""
    return await seeding.services(database)


@pytest.fixture
async def anyone(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody without a write key."""
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


@pytest.fixture
def sender(anyone: httpx.AsyncClient) -> httpx.AsyncClient:
    """A service of the shop, with its write key as Segment's clients send it."""
    anyone.headers["Authorization"] = "Basic " + base64.b64encode(b"key:").decode()
    return anyone


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)
