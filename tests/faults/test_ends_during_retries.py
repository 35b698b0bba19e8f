"""A vendor is down for long: what ends the run ends the retries too, and what is given up says so."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowFailureError

from store.database import Database
from tests.retail import TENT, Handle, RetailShop, Shopper, retail_shop, retail_with
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

FULL, MAILBOX_FULL = "lena@shoppers.example", "452 4.2.2 Mailbox full"
ELEVEN_HOURS = 11 * 3600


@pytest.fixture
async def shop(sqlite_database: Database, temporal: Client, tmp_path: Path) -> AsyncGenerator[RetailShop]:
    async with retail_shop(sqlite_database, temporal, tmp_path) as running:
        yield running


@pytest.fixture
async def lena(shop: RetailShop) -> Shopper:
    """A shopper whose mailbox is full; it is tried again every hour."""
    shopper = Shopper(shop)
    shop.sandbox.faults.add(recipient=FULL, answer=MAILBOX_FULL, times=None)
    await shopper.arrives()
    await shopper.views()
    return shopper


async def _is_retried(lena: Shopper) -> Handle:
    """The reminder was tried at least once, and will be again."""
    run = await lena.run()
    await lena.shop.skip_wait(run, "wait_1")

    async def put_off() -> bool:
        return [row.state for row in await lena.shop.deliveries((await lena.runs())[0])] == ["retrying"]

    await eventually(put_off)
    return run


async def _nothing_left(lena: Shopper, code: str) -> None:
    [delivery] = await lena.shop.deliveries((await lena.runs())[0])
    assert (delivery.state, delivery.code) == ("rejected", code)
    assert lena.shop.received("email") == []


async def test_buying_ends_the_retries_at_once(lena: Shopper) -> None:
    run = await _is_retried(lena)
    await lena.buys()
    assert (await run.result()).outcome == "goal"
    await _nothing_left(lena, "run.ended")


async def test_opting_out_ends_the_retries_at_once(lena: Shopper) -> None:
    run = await _is_retried(lena)
    await lena.does("Unsubscribed")
    assert (await run.result()).outcome == "opt_out"
    await _nothing_left(lena, "run.ended")


async def test_an_operator_who_cancels_the_run_ends_the_retries(lena: Shopper) -> None:
    run = await _is_retried(lena)
    await run.cancel()
    with pytest.raises(WorkflowFailureError):
        await run.result()
    [row] = await lena.runs()
    assert (row.state, row.outcome) == ("closed", "operator")
    await _nothing_left(lena, "run.ended")


RECEIPT = """
journey: receipt
owner: maria@northwind.example
start: {event: Order Completed}
steps:
  - {id: receipt, send: push, content: browse-related, purpose: transactional}
  - {id: news, send: email, content: browse-reminder, purpose: transactional}
"""


async def test_after_a_day_the_message_is_given_up_and_the_journey_goes_on(
    sqlite_database: Database, temporal: Client, tmp_path: Path
) -> None:
    project = retail_with(tmp_path, {"receipt": RECEIPT})
    async with retail_shop(sqlite_database, temporal, tmp_path, project) as shop:
        lena = Shopper(shop)
        shop.sandbox.faults.add(recipient=lena.push_token, answer=503, retry_after=ELEVEN_HOURS, times=None)
        await lena.arrives()
        await lena.does("Order Completed", **TENT)
        run = await lena.run()
        await shop.clocks.fast_forward(run, timedelta(days=1, minutes=1))
        assert (await run.result()).outcome == "completed"
        [receipt, news] = await shop.deliveries((await lena.runs())[0])
        assert (receipt.state, receipt.code, news.state) == ("rejected", "gave_up", "sent")
        assert receipt.attempts == 3
        [told] = [span for span in await shop.spans(run) if span.step_id == "receipt" and span.kind == "send"]
        assert told.outcome == "gave_up"
        assert told.detail.startswith("given up after 1d: ")
        assert [m.channel for m in shop.sandbox.mailbox.messages] == ["email"]
