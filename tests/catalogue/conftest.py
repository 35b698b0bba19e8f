"""A shop whose products are told by a feed."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from content.catalogue import Product
from starter.app import create_app
from starter.catalogue.keeping import Keeper
from starter.ingestion.acceptance import Ingestion
from starter.services import Services
from store.database import Database
from store.events import NewEvent, add_events
from tests import seeding

NOW = datetime.now(UTC).replace(microsecond=0)


def product(product_id: str = "tent", price: str = "100", **more: Any) -> Product:
    given: dict[str, Any] = {
        "product_id": product_id,
        "name": product_id.title(),
        "price": Decimal(price),
        "currency": "EUR",
        "category": "Camping",
        "url": f"https://shop.example/{product_id}",
    }
    return Product.model_validate(given | more)


async def happens(database: Database, *told: tuple[str, str, str], ago: timedelta = timedelta(hours=1)) -> None:
    """Customers did something with products: customer, event, product ids separated by blanks."""
    events = [
        NewEvent(
            id=f"{who}-{name}-{what}-{ago}",
            customer_id=who,
            name=name,
            properties={"products": [{"product_id": each} for each in what.split()]},
            occurred_at=NOW - ago,
            received_at=NOW,
            traceparent="",
        )
        for who, name, what in told
    ]
    async with database.transaction() as session:
        await add_events(session, events)


@pytest.fixture
async def shop(database: Database) -> Services:
    """A shop with three customers."""
    await seeding.put(database, *(seeding.customer(f"c_{name}") for name in ("ann", "ben", "cat")))
    return await seeding.services(database)


@pytest.fixture
def keeper(shop: Services) -> Keeper:
    return Keeper(shop.database, Ingestion(shop.database, ["email"], lambda: None))


@pytest.fixture
async def feed(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """The shop's own system, which speaks for Omar of ops."""
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    headers = {"Authorization": f"Bearer {seeding.OMAR.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://journeys", headers=headers) as client:
        yield client
