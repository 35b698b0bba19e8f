"""A shop whose doors to customers are open."""

from collections.abc import AsyncGenerator

import httpx
import pytest
from temporalio.client import Client

from keys.codec import data_converter
from keys.customers import CustomerKeys, MasterKeys
from project.access import Person
from starter.app import create_app
from starter.services import Services
from store.database import Database
from tests import seeding

PRIYA = Person(email="priya@northwind.example", name="Priya", groups=("privacy",), token="token-priya")
CODEC_TOKEN = "the token that the local Temporal UI was told"
UI = "http://127.0.0.1:8233"


@pytest.fixture
async def shop(sqlite_database: Database) -> Services:
    """A shop whose Temporal server is down, with Priya, who may see to privacy."""
    keys = CustomerKeys(sqlite_database, MasterKeys([seeding.SECRET]))
    temporal = await Client.connect("127.0.0.1:1", lazy=True, data_converter=data_converter(keys))
    services = await seeding.services(sqlite_database, temporal)
    project = services.project.model_copy(update={"people": (*services.project.people, PRIYA)})
    settings = services.settings.model_copy(update={"codec_token": CODEC_TOKEN, "temporal_ui_url": UI})
    return Services(
        settings=settings,
        project=project,
        journeys=services.journeys,
        database=sqlite_database,
        temporal=temporal,
        secret=services.secret,
    )


@pytest.fixture
async def api(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """The whole application, asked by nobody yet."""
    transport = httpx.ASGITransport(app=create_app(shop, dispatch=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://sojourn.test") as client:
        yield client


def bearer(person: Person) -> dict[str, str]:
    """The header by which a person is known."""
    return {"Authorization": f"Bearer {person.token}"}
