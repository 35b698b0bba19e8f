"""Deliveries to customers who turned out to be one, and to addresses that nothing may be sent to."""

from datetime import timedelta

from starter.ingestion.joining import merge_customers
from store.suppressions import list_suppressions, suppress
from tests.faults.sending import NOON, PUSH, TENT, Sending
from workflows.ports import Denied, Overtaken, Rejected, Sent


async def test_what_the_run_of_one_who_is_gone_sends_counts_for_the_survivor(sending: Sending):
    omar, lena = await sending.shopper("omar"), await sending.shopper("lena")
    earlier = sending.request(omar, "run-0", now=NOON - timedelta(hours=2))
    assert isinstance(await sending.deliver(earlier), Sent)
    await merge(sending, lena.id, omar.id)
    capped = await sending.deliver(sending.request(lena))
    assert isinstance(capped, Denied)
    assert "the cap is 1" in capped.reason
    by_the_run_of_omar = sending.request(omar, **PUSH)
    assert isinstance(await sending.deliver(by_the_run_of_omar), Sent)
    assert (await sending.delivery(by_the_run_of_omar)).customer_id == lena.id


async def test_what_the_survivor_bought_ends_the_run_of_the_one_who_is_gone(sending: Sending):
    omar, lena = await sending.shopper("omar"), await sending.shopper("lena")
    await merge(sending, lena.id, omar.id)
    await sending.happens("lena", "Order Completed", products=[{"product_id": TENT["product_id"]}])
    assert isinstance(await sending.deliver(sending.request(omar)), Overtaken)


async def test_nothing_leaves_for_a_suppressed_address_not_even_what_is_transactional(small_sending: Sending):
    lena = await small_sending.shopper("lena")
    async with small_sending.database.transaction() as session:
        await suppress(session, "email", lena.email.upper(), "complaint", "postmark", NOON)
    for purpose in ("marketing", "transactional"):
        request = small_sending.request(lena, purpose, purpose=purpose)
        denied = await small_sending.deliver(request)
        assert isinstance(denied, Denied)
        assert "its owner complained (postmark)" in denied.reason
        assert small_sending.received(request) == 0


async def test_a_mail_address_that_is_refused_for_good_is_suppressed_for_everybody(small_sending: Sending):
    lena = await small_sending.shopper("lena")
    small_sending.sandbox.faults.add(recipient=lena.email, answer="550 5.1.1 Unknown user")
    assert isinstance(await small_sending.deliver(small_sending.request(lena)), Rejected)
    async with small_sending.database.reading() as session:
        (suppressed,) = (await list_suppressions(session)).rows
    assert (suppressed.kind, suppressed.reason) == ("email", "hard_bounce")


async def merge(sending: Sending, keep: str, gone: str) -> None:
    async with sending.database.transaction() as session:
        await merge_customers(session, keep, gone, "ada", "they called", NOON)
