"""A price that a feed lowers wakes the run that waits for it, and its customer hears of it."""

from pathlib import Path

import pytest
from temporalio.client import Client

from store.database import Database
from tests.retail import TENT, Shopper, encrypted, retail_shop, retail_with

pytestmark = pytest.mark.xdist_group("e2e")

JOURNEY = """\
journey: price-watch
owner: maria@northwind.example
start: {event: Product Viewed}
life: 30d
steps:
  - wait_for: {event: Price Dropped, where: event.product_id == start.product_id && event.drop_percent >= 5}
    within: 14d
    then: [{send: push, content: browse-second-look}]
    otherwise: [{stop: it did not become cheaper}]
"""


async def test_a_lower_price_wakes_the_run_that_waits_for_it(
    sqlite_database: Database, temporal: Client, tmp_path: Path
) -> None:
    project = retail_with(tmp_path, {"price-watch": JOURNEY})
    async with retail_shop(sqlite_database, await encrypted(temporal, sqlite_database), tmp_path, project) as shop:
        lena = Shopper(shop)
        await lena.arrives()
        await lena.views()
        run = await lena.run()
        feed = {"Authorization": "Bearer demo-token-omar"}

        changed = await shop.api.patch(
            f"/v1/catalogue/products/{TENT['product_id']}", json={"price": "279"}, headers=feed
        )

        assert (changed.status_code, changed.json()["events"]) == (200, 1)
        assert (await shop.receives("push")).title == "Lumen 2 tent, once more"
        assert (await run.result()).outcome == "completed"
