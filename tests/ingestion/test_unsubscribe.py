"""Unsubscribing: one click withdraws consent for one channel; a scanner that only looks changes nothing."""

import httpx
import pytest

from content.links import LinkSigner
from starter.services import Services
from store.tables import ConsentRecord, EventRecord, OutboxEntry
from tests import seeding
from tests.ingestion.conftest import Kept

TOKEN = LinkSigner(seeding.SECRET).unsubscribe_token("c_lena", "email")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
async def lena(shop: Services) -> None:
    await seeding.put(shop.database, seeding.customer("c_lena"))


async def test_one_click_withdraws_consent_and_tells_the_journeys(anyone: httpx.AsyncClient, kept: Kept) -> None:
    answer = await anyone.post(f"/u/{TOKEN}", data=ONE_CLICK)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    consent = await kept.one(ConsentRecord)
    assert (consent.customer_id, consent.channel, consent.granted) == ("c_lena", "email", False)
    event = await kept.one(EventRecord)
    assert (event.name, event.properties["channel"]) == ("Unsubscribed", "email")
    assert (await kept.one(OutboxEntry)).seq == event.seq


async def test_a_second_click_changes_nothing(anyone: httpx.AsyncClient, kept: Kept) -> None:
    for _ in range(2):
        assert (await anyone.post(f"/u/{TOKEN}", data=ONE_CLICK)).status_code == 200
    assert len(await kept.all(EventRecord)) == 1


async def test_an_old_link_works_again_after_a_new_consent(sender: httpx.AsyncClient, kept: Kept) -> None:
    await sender.post(f"/u/{TOKEN}", data=ONE_CLICK)
    consent = await kept.one(ConsentRecord)
    consent.granted = True
    await seeding.put(kept.database, consent)
    await sender.post(f"/u/{TOKEN}", data=ONE_CLICK)
    assert not (await kept.one(ConsentRecord)).granted


async def test_looking_at_the_link_only_asks(anyone: httpx.AsyncClient, kept: Kept) -> None:
    page = await anyone.get(f"/u/{TOKEN}")
    assert page.status_code == 200
    assert '<form method="post">' in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert await kept.all(EventRecord) == []


@pytest.mark.parametrize(
    "token", ["nonsense", TOKEN[:-1], "A" + TOKEN[1:], LinkSigner("x" * 32).unsubscribe_token("c_lena", "email")]
)
async def test_a_forged_link_does_nothing(token: str, anyone: httpx.AsyncClient, kept: Kept) -> None:
    assert (await anyone.get(f"/u/{token}")).status_code == 404
    assert (await anyone.post(f"/u/{token}")).status_code == 404
    assert await kept.all(EventRecord) == []


async def test_the_link_of_a_customer_who_is_gone_is_no_error(anyone: httpx.AsyncClient, kept: Kept) -> None:
    token = LinkSigner(seeding.SECRET).unsubscribe_token("c_gone", "email")
    assert (await anyone.post(f"/u/{token}")).status_code == 200
    assert await kept.all(EventRecord) == []
