"""Confirming a consent: by a button on a page that only the link in a message leads to."""

import httpx
import pytest

from content.links import LinkSigner
from starter.services import Services
from store.tables import ConsentRecord, EventRecord
from tests import seeding
from tests.ingestion.conftest import Kept

LINKS = LinkSigner(seeding.SECRET)
TOKEN = LINKS.confirm_token("c_lena", "email")


@pytest.fixture(autouse=True)
async def lena(shop: Services) -> None:
    await seeding.put(shop.database, seeding.customer("c_lena"))


async def test_the_button_confirms_the_consent_once(anyone: httpx.AsyncClient, kept: Kept) -> None:
    for _ in range(2):
        assert (await anyone.post(f"/s/{TOKEN}")).status_code == 200
    consent, event = await kept.one(ConsentRecord), await kept.one(EventRecord)
    assert (consent.channel, consent.granted, consent.confirmed) == ("email", True, True)
    assert (event.name, event.properties["confirmed"]) == ("Subscribed", True)


async def test_a_scanner_that_follows_the_link_confirms_nothing(anyone: httpx.AsyncClient, kept: Kept) -> None:
    page = await anyone.get(f"/s/{TOKEN}")
    asked = "would like to send you offers and news by email. If you did not ask for that, do nothing."
    assert (page.status_code, asked in page.text) == (200, True)
    assert await kept.all(EventRecord) == []


@pytest.mark.parametrize("token", ["nonsense", LINKS.unsubscribe_token("c_lena", "email"), "A" + TOKEN[1:]])
async def test_no_other_link_confirms(token: str, anyone: httpx.AsyncClient, kept: Kept) -> None:
    assert (await anyone.post(f"/s/{token}")).status_code == 404
    assert (await anyone.get(f"/s/{token}")).status_code == 404
    assert await kept.all(EventRecord) == []
