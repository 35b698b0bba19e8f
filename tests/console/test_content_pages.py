"""The pages on content: what may leave, and how it looks for a customer on every channel."""

import httpx
import pytest

from starter.services import Services
from store.events import NewEvent, add_events
from store.tables import Customer
from tests import seeding


@pytest.fixture
async def lena(shop: Services) -> str:
    """A customer who looked at a tent."""
    await seeding.put(shop.database, Customer(id="c_lena", traits={"first_name": "Lena"}, created_at=seeding.NOW))
    viewed = NewEvent("e1", "c_lena", "Product Viewed", {"product_id": "lumen-2"}, seeding.NOW, seeding.NOW, "")
    async with shop.database.transaction() as session:
        await add_events(session, [viewed])
    return "c_lena"


async def test_the_library_says_of_everything_whether_it_may_leave(ada: httpx.AsyncClient):
    page = (await ada.get("/content")).text

    assert '<a href="/content/browse-reminder">browse-reminder</a>' in page
    assert "ada@northwind.example approved it on" in page


async def test_a_content_is_shown_as_a_customer_would_get_it_and_why(ada: httpx.AsyncClient, lena: str):
    page = (await ada.get("/content/browse-reminder", params={"customer": lena})).text
    mail = await ada.get("/content/browse-reminder/email/page", params={"customer": lena})

    assert "The Lumen 2 tent is still here" in page
    assert "<dt>customer.first_name</dt><dd><b>Lena</b>: what is known of the customer</dd>" in page
    assert "Back on the trail, Lena?" in mail.text
    assert "sandbox;" in mail.headers["content-security-policy"]


async def test_without_a_customer_it_is_shown_for_someone_made_up(ada: httpx.AsyncClient):
    page = (await ada.get("/content/browse-offer")).text

    assert "Template <b>browse_offer</b> in en, filled with" in page
    assert "<li>Ridgeline 40 backpack</li>" in page


async def test_what_cannot_be_made_for_a_customer_says_why(ada: httpx.AsyncClient, shop: Services):
    await seeding.put(shop.database, seeding.customer("c_new"))

    page = (await ada.get("/content/browse-second-look", params={"customer": "c_new"})).text

    assert "It cannot be made for this customer: content/browse-second-look/push.yaml.j2" in page


@pytest.mark.parametrize("path", ["/content/nothing", "/content/browse-offer/email/page"])
async def test_what_is_not_there_is_told(ada: httpx.AsyncClient, path: str):
    assert (await ada.get(path)).status_code == 404


async def test_nobody_sees_content_who_is_not_signed_in(site: httpx.AsyncClient):
    assert (await site.get("/content/browse-offer")).status_code == 303
