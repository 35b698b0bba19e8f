"""What ends a run at once, and when the same product may start another."""

from datetime import timedelta

import pytest

from tests.retail import ADA, TENT, RetailShop, Shopper

pytestmark = pytest.mark.xdist_group("e2e")

BOOTS = {**TENT, "product_id": "scree-mid", "name": "Scree Mid hiking boots", "price": 189.0}


async def test_buying_the_product_ends_the_run_at_once_and_nothing_is_sent(lena: Shopper) -> None:
    await lena.views()
    run = await lena.run()
    await lena.buys()
    result = await run.result()
    assert (result.outcome, result.reason) == ("goal", "goal reached: Order Completed")
    assert lena.shop.sandbox.mailbox.messages == []
    spans = [(span.step_id, span.outcome) for span in await lena.shop.spans(run)]
    assert sorted(spans) == [("", "goal"), ("wait_1", "interrupted")]


async def test_buying_another_product_leaves_the_run_as_it_is(lena: Shopper) -> None:
    await lena.views()
    run = await lena.run()
    await lena.buys(BOOTS)
    await lena.shop.skip_wait(run, "wait_1")
    assert (await lena.shop.receives("email")).title == "The Lumen 2 tent is still here"


async def test_buying_while_the_offer_waits_for_approval_withdraws_the_question(lena: Shopper) -> None:
    shop = lena.shop
    run = await lena.is_asked_about()
    [question] = await shop.open_approvals()
    await lena.buys()
    assert (await run.result()).outcome == "goal"
    assert await shop.open_approvals() == []
    late = await shop.decides(question["id"], "approve", ADA)
    assert (late.status_code, late.json()["code"]) == (410, "closed")
    assert shop.received("whatsapp") == []


async def test_a_rejected_offer_is_not_sent_and_the_reason_stands_in_the_timeline(lena: Shopper) -> None:
    shop = lena.shop
    run = await lena.is_asked_about()
    [question] = await shop.open_approvals()
    await shop.decides(question["id"], "reject", ADA, "Two offers a month are enough.")
    assert (await run.result()).outcome == "completed"
    assert shop.received("whatsapp") == []
    [offer] = [span for span in await shop.spans(run) if span.step_id == "offer" and span.kind == "send"]
    assert (offer.outcome, offer.detail) == ("rejected", "Two offers a month are enough.")


async def test_opting_out_ends_every_run_of_the_customer(lena: Shopper) -> None:
    await lena.views(TENT)
    tent = await lena.run()
    await lena.views(BOOTS)
    boots = await lena.run()
    await lena.does("Unsubscribed")
    assert [(await run.result()).outcome for run in (tent, boots)] == ["opt_out", "opt_out"]
    assert lena.shop.sandbox.mailbox.messages == []


async def test_the_same_product_starts_one_run_and_again_only_after_seven_days(lena: Shopper) -> None:
    eight_days_ago = lena.at - timedelta(days=8)
    await lena.views(at=eight_days_ago)
    await lena.views(at=eight_days_ago + timedelta(hours=1))  # while the first run is open
    assert len(await lena.runs()) == 1
    await lena.buys()
    assert (await (await lena.run()).result()).outcome == "goal"

    await lena.views(at=eight_days_ago + timedelta(days=6, hours=23))
    assert len(await lena.runs()) == 1
    await lena.views(BOOTS, at=eight_days_ago + timedelta(days=6, hours=23))  # another product is another run
    assert len(await lena.runs()) == 2

    await lena.views(at=eight_days_ago + timedelta(days=7))
    again = await lena.runs()
    assert len(again) == 3
    tents = [run for run in again if run.workflow_id.endswith(":lumen-2")]
    assert [run.state for run in tents] == ["open", "closed"]
    assert len({run.first_run_id for run in tents}) == 2


async def test_a_shopper_who_did_not_open_gets_related_products(lena: Shopper, small_shop: RetailShop) -> None:
    await lena.views()
    run = await lena.run()
    for step in ("wait_1", "wait_3"):
        await small_shop.skip_wait(run, step)
    await small_shop.waits(run, "wait_5")
    taken = [span.step_id for span in await small_shop.spans(run) if span.name == "send push"]
    assert taken == ["related"]
