"""The pages of customers: found by any id, everything in one place, and erased only by whoever may."""

import re

import httpx
import pytest

from project.access import Person
from starter.services import Services
from store.customers import find_customer
from tests import seeding
from tests.console.conftest import app_of
from tests.customers.filling import LENA, fill

PRIYA = Person(email="priya@northwind.example", name="Priya", groups=("privacy",), token="token-priya")


@pytest.fixture
async def demo(demo: Services) -> Services:
    """The demonstration knows Lena, and Priya sees to privacy."""
    await fill(demo.database)
    people = (*demo.project.people, PRIYA)
    return Services(**vars(demo) | {"project": demo.project.model_copy(update={"people": people})})


@pytest.fixture
async def priya(demo: Services) -> httpx.AsyncClient:
    """The console with Priya signed in."""
    site = httpx.AsyncClient(transport=httpx.ASGITransport(app_of(demo)), base_url="http://sojourn.test")
    await site.post("/sign-in", data={"token": PRIYA.token})
    return site


async def _token(site: httpx.AsyncClient, page: str) -> str:
    found = re.search(r'name="form_token" value="(\w+)"', (await site.get(page)).text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("named", ["shop-user-4711", "lena.koch@example.com"])
async def test_an_id_or_address_leads_to_its_customer(priya: httpx.AsyncClient, named: str) -> None:
    form = {"named": named, "form_token": await _token(priya, "/customers")}
    answer = await priya.post("/customers/search", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/customers/{LENA}")


async def test_an_id_that_nobody_has_says_so(priya: httpx.AsyncClient) -> None:
    form = {"named": "nobody", "form_token": await _token(priya, "/customers")}
    assert "Nobody is known by this" in (await priya.post("/customers/search", data=form)).text


async def test_the_list_names_a_customer_by_what_people_know_first(priya: httpx.AsyncClient) -> None:
    page = (await priya.get("/customers")).text
    assert page.index("user shop-user-4711") < page.index("anonymous visitor-0815")


async def test_a_page_has_who_they_are_and_what_happened(priya: httpx.AsyncClient) -> None:
    page = (await priya.get(f"/customers/{LENA}")).text
    of_consent = "· not confirmed"
    for told in (
        "lena.koch@example.com",
        "+4915112345642",
        "Product Viewed",
        "browse-reminder by email",
        of_consent,
    ):
        assert told in page


async def test_a_page_tells_an_address_that_is_a_trait_as_well_only_once(priya: httpx.AsyncClient) -> None:
    who = (await priya.get(f"/customers/{LENA}")).text.partition("<h2>Who</h2>")[2].partition("</dl>")[0]
    assert who.count("lena.koch@example.com") == 1
    assert "<dt>plan</dt><dd>pro</dd>" in who


async def test_a_page_says_why_not(priya: httpx.AsyncClient) -> None:
    page = (await priya.get(f"/customers/{LENA}?show=why")).text
    assert "no event &#39;Product Added&#39; of theirs was ever accepted" in page
    assert "they never said yes to marketing" in page


async def test_nobody_else_is_offered_to_erase(demo: Services) -> None:
    site = httpx.AsyncClient(transport=httpx.ASGITransport(app_of(demo)), base_url="http://sojourn.test")
    await site.post("/sign-in", data={"token": seeding.ADA.token})
    assert "Erase them" not in (await site.get(f"/customers/{LENA}?show=known")).text
    form = {"confirm": LENA, "form_token": await _token(site, "/customers")}
    assert (await site.post(f"/customers/{LENA}/erase", data=form)).status_code == 403


@pytest.mark.parametrize(("confirm", "status", "erased"), [("c_tom", 409, False), (LENA, 200, True)])
async def test_an_erasure_wants_the_id_typed(
    demo: Services, priya: httpx.AsyncClient, confirm: str, status: int, erased: bool
) -> None:
    form = {"confirm": confirm, "form_token": await _token(priya, f"/customers/{LENA}?show=known")}
    assert (await priya.post(f"/customers/{LENA}/erase", data=form)).status_code == status
    async with demo.database.reading() as session:
        lena = await find_customer(session, LENA)
    assert lena is not None
    assert (lena.erased_at is not None) is erased


async def test_a_customer_who_is_not_there_is_told(priya: httpx.AsyncClient) -> None:
    answer = await priya.get("/customers/c_nobody")
    assert answer.status_code == 404
    assert "There is no customer with the id" in answer.text
