"""What a page of the shop is given for its slots, and what becomes of what it reports."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlmodel import select

from content.library import Library, load_library
from policies.objection import ObjectionPolicy
from starter.app import create_app
from starter.services import Services
from store.customers import find_customer
from store.database import Database
from store.tables import EventRecord
from tests.conftest import RETAIL


@pytest.fixture
def library() -> Library:
    """The contents of the retail example."""
    return load_library(RETAIL)


@pytest.fixture
async def page(shop: Services, library: Library) -> AsyncGenerator[httpx.AsyncClient]:
    """Lena's browser on a page of the retail example."""
    selling = replace(shop, library=library)
    async with shop.database.transaction() as session:
        lena = await find_customer(session, "c_lena")
        assert lena is not None
        lena.traits = {"club_member": True, "first_name": "Lena"}
        session.add(lena)
    transport = httpx.ASGITransport(create_app(selling, dispatch=False))
    params = {"writeKey": "key", "userId": "user-1"}
    async with httpx.AsyncClient(transport=transport, base_url="http://journeys", params=params) as client:
        yield client


async def slots(page: httpx.AsyncClient, headers: dict[str, str] | None = None, **changed: str) -> dict[str, Any]:
    answer = await page.get("/v1/slots/homepage", params={**page.params, **changed}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["slots"]


async def events(database: Database) -> list[EventRecord]:
    async with database.reading() as session:
        return list((await session.exec(select(EventRecord))).all())


async def test_slots_are_filled_for_a_customer_with_the_reason(page: httpx.AsyncClient):
    [hero] = (await slots(page))["hero"]

    assert hero["title"] == "Good to see you again, Lena"
    assert (hero["content"], hero["why"]) == ("home-club", "because customer.club_member == true")


@pytest.mark.parametrize(
    ("headers", "changed"), [({}, {"userId": ""}), ({}, {"userId": "stranger"}), ({"Sec-GPC": "1"}, {})]
)
async def test_whoever_is_not_known_or_asks_not_to_be_gets_what_is_for_everyone(
    page: httpx.AsyncClient, headers: dict[str, str], changed: dict[str, str]
):
    filled = await slots(page, headers, **changed)

    assert {slot: part["content"] for slot, [part] in filled.items()} == {
        "hero": "home-tent-sale",
        "social_proof": "home-tested",
        "legal": "home-returns",
    }


async def test_whoever_objected_to_marketing_gets_what_is_for_everyone(
    shop: Services, page: httpx.AsyncClient, library: Library
):
    async with shop.database.transaction() as session:
        lena = await find_customer(session, "c_lena")
        assert lena is not None
        lena.traits = {**lena.traits, "objects_to_marketing": True}
        session.add(lena)
    [before] = (await slots(page))["hero"]

    library.judge_by([ObjectionPolicy()])

    [hero] = (await slots(page))["hero"]
    assert (before["content"], hero["content"]) == ("home-club", "home-tent-sale")


async def test_a_page_for_which_nothing_required_is_in_its_language_gets_nothing(page: httpx.AsyncClient):
    assert await slots(page, locale="de-DE") == {}


async def test_a_report_is_told_once_as_an_event_with_the_reason(page: httpx.AsyncClient, database: Database):
    [hero] = (await slots(page))["hero"]

    for _ in range(2):
        assert (await page.post(f"/v1/slots/{hero['id']}/clicked")).status_code == 200

    [event] = await events(database)
    assert (event.name, event.customer_id) == ("Promotion Clicked", "c_lena")
    assert event.properties | {"creative": ""} == {
        "promotion_id": "home-club",
        "name": "homepage",
        "position": "hero",
        "creative": "",
        "why": "because customer.club_member == true",
    }


async def test_nothing_is_kept_of_whoever_asks_not_to_be_tracked(page: httpx.AsyncClient, database: Database):
    [hero] = (await slots(page))["hero"]

    answer = await page.post(f"/v1/slots/{hero['id']}/seen", headers={"Sec-GPC": "1"})

    assert answer.status_code == 200
    assert await events(database) == []


@pytest.mark.parametrize(
    ("path", "changed", "status", "code"),
    [
        ("homepage", {"writeKey": "wrong"}, 401, "unknown_write_key"),
        ("cellar", {}, 404, "unknown_surface"),
    ],
)
async def test_who_may_not_ask_is_told_why(
    page: httpx.AsyncClient, path: str, changed: dict[str, str], status: int, code: str
):
    answer = await page.get(f"/v1/slots/{path}", params={**page.params, **changed})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("token", "report", "changed", "status"),
    [("made-up", "seen", {}, 404), ("", "eaten", {}, 404), ("", "seen", {"userId": ""}, 400)],
)
async def test_a_report_that_is_none_is_refused(
    page: httpx.AsyncClient, database: Database, token: str, report: str, changed: dict[str, str], status: int
):
    [hero] = (await slots(page))["hero"]

    answer = await page.post(f"/v1/slots/{token or hero['id']}/{report}", params={**page.params, **changed})

    assert answer.status_code == status
    assert await events(database) == []
