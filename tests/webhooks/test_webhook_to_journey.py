"""From the vendor's signed call to the run that waited for it: everything real but the vendor."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import Client

from sandbox.callbacks.model import About, tell
from sandbox.mailbox import Message
from starter.webhooks.registry import path_of
from store.database import Database
from tests.retail import SECRET, RetailShop, Shopper, retail_shop, retail_with

pytestmark = pytest.mark.xdist_group("e2e")

JOURNEY = """
journey: ask-first
owner: maria@northwind.example
start: {event: Product Viewed}
steps:
  - {id: offer, send: whatsapp, content: browse-offer, offer: {discount: 3%, valid: 24h}}
  - id: answer
    wait_for:
      - {event: Message Read, where: event.step == "offer"}
    within: 2d
    then:
      - {id: thanks, send: push, content: browse-second-look}
"""
"""A run that goes on when its offer is read."""


@pytest.fixture
async def shop(sqlite_database: Database, temporal: Client, tmp_path: Path) -> AsyncGenerator[RetailShop]:
    """The running retail shop, which Meta may call."""
    project = retail_with(tmp_path, {"ask-first": JOURNEY})
    async with retail_shop(sqlite_database, temporal, tmp_path, project) as running:
        yield running


async def told(shop: RetailShop, what: str, message: Message) -> int:
    """What the sandbox's WhatsApp hears when it calls the shop."""
    url = f"{str(shop.api.base_url).rstrip('/')}{path_of('whatsapp', SECRET)}"
    about = About(message.delivery_id, message.vendor_id, message.recipient, datetime.now(UTC))
    return (await tell(shop.sandbox.callers["whatsapp"], url, what, about)).status_code


async def test_a_run_that_waits_for_a_reader_goes_on_when_the_vendor_tells_of_one(shop: RetailShop) -> None:
    lena = Shopper(shop)
    await lena.arrives()
    await lena.views()
    run = await lena.run()
    offer = await shop.receives("whatsapp")
    await shop.waits(run, "answer")

    assert await told(shop, "delivered", offer) == 200
    assert (await shop.progress(run)).at == "answer"
    assert await told(shop, "opened", offer) == 200
    assert await told(shop, "opened", offer) == 200

    push = await shop.receives("push")
    assert push.recipient == lena.push_token
    await run.result()
    states = {row.step_id: row.state for row in await shop.deliveries((await lena.runs())[0])}
    assert states == {"offer": "opened", "thanks": "sent"}
