"""A shop with a customer, and messages that wait for her; a browser asks for them over HTTP."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from starter.app import create_app
from starter.services import Services
from store.database import Database
from store.tables import Delivery, Identity, SurfaceMessage
from tests import seeding

NOW = datetime.now(UTC)


def delivery(delivery_id: str, channel: str = "inbox", customer_id: str = "c_lena") -> Delivery:
    return Delivery(
        id=delivery_id,
        workflow_id="onboarding:c_lena:1",
        first_run_id="first",
        journey="onboarding",
        step_id="hint",
        pass_=0,
        customer_id=customer_id,
        channel=channel,
        provider="surface",
        purpose="marketing",
        content="hint",
        state="sent",
        findings=[],
        reserved_at=NOW,
    )


def waiting(
    delivery_id: str, surface: str = "inbox", customer_id: str = "c_lena", **changed: Any
) -> SurfaceMessage:
    message: dict[str, Any] = {
        "id": delivery_id,
        "customer_id": customer_id,
        "surface": surface,
        "content": {"title": f"Title of {delivery_id}", "body": "", "items": []},
        "placed_at": NOW,
        "valid_until": NOW + timedelta(days=1),
    }
    return SurfaceMessage(**(message | changed))


@pytest.fixture
async def shop(database: Database) -> Services:
    """A shop that knows Lena as `user-1`, on the device `device-1`, and Ben as `user-2`."""
    await seeding.put(
        database,
        seeding.customer("c_lena"),
        seeding.customer("c_ben"),
        Identity(kind="user", value="user-1", customer_id="c_lena", since=seeding.NOW),
        Identity(kind="anonymous", value="device-1", customer_id="c_lena", since=seeding.NOW),
        Identity(kind="user", value="user-2", customer_id="c_ben", since=seeding.NOW),
    )
    return await seeding.services(database)


@pytest.fixture
async def browser(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """Lena's browser on a page of the shop."""
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    params = {"writeKey": "key", "userId": "user-1"}
    async with httpx.AsyncClient(transport=transport, base_url="http://journeys", params=params) as client:
        yield client
