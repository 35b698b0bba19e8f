"""A page of the shop in a real browser: `sojourn.js` shows what waits and tells what became of it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from sqlmodel import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from content.library import load_library
from sandbox.http_server import serving
from starter.app import create_app
from starter.services import Services
from store.database import Database
from store.tables import EventRecord, Identity
from tests import seeding
from tests.browser.conftest import IN_THE_BROWSER
from tests.conftest import RETAIL
from tests.surfaces.conftest import delivery, waiting
from tests.waiting import eventually

pytestmark = IN_THE_BROWSER

Open = Callable[..., Awaitable[Page]]

CARD = {
    "title": "Resume your search",
    "body": "<b>Hamburg</b> to Lisbon",
    "action_label": "Continue",
    "action_url": "/search",
    "image_url": "/hamburg.jpg",
    "image_alt": "The harbour",
    "items": ["Choose a date", "Choose a seat"],
    "anchor": "#cart",
}


@pytest_asyncio.fixture(loop_scope="session")
async def shop(sqlite_database: Database) -> Services:
    await seeding.put(
        sqlite_database,
        seeding.customer("c_lena"),
        Identity(kind="user", value="user-1", customer_id="c_lena", since=seeding.NOW),
        Identity(kind="anonymous", value="device-1", customer_id="c_lena", since=seeding.NOW),
    )
    return replace(await seeding.services(sqlite_database), library=load_library(RETAIL))


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(shop: Services, browser: Browser) -> AsyncGenerator[Open]:
    """Opens a page of the shop with something in its body and attributes on the script."""
    errors: list[str] = []
    written = [""]
    policy = {"Content-Security-Policy": ""}

    async def answer(_request: Request) -> HTMLResponse:
        return HTMLResponse(written[0], headers=policy)

    site = Starlette(routes=[Route("/{path}", answer)])
    async with (
        serving(create_app(shop, dispatch=False)) as port,
        # Another origin than the one the script comes from, as at a real shop.
        serving(site) as other_port,
    ):
        journeys, address = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other_port}"
        # A shop as careful as can be: no script and no style of its own in the page, no host but ours.
        policy["Content-Security-Policy"] = f"default-src 'none'; script-src {journeys}; connect-src {journeys}"
        page = await browser.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))

        async def visit(body: str, attributes: str = 'data-user-id="user-1"') -> Page:
            script = (
                f'<script src="{journeys}/static/sojourn.js" data-write-key="key" {attributes} defer></script>'
            )
            head = f"<!doctype html><html><head>{script}</head>"
            written[0] = f"{head}<body><main id=cart>Cart</main>{body}</body></html>"
            await page.goto(f"{address}/cart")
            await page.wait_for_load_state("networkidle")
            return page

        yield visit
        await page.close()
    assert errors == []


async def events(database: Database) -> set[str]:
    async with database.reading() as session:
        return {event.name for event in (await session.exec(select(EventRecord))).all()}


async def is_told(database: Database, name: str) -> None:
    """The event comes in."""

    async def came() -> bool:
        return name in await events(database)

    await eventually(came)


async def place(database: Database, surface: str, delivery_id: str = "d_1", **changed: Any) -> None:
    card = waiting(delivery_id, surface, content=CARD | changed)
    await seeding.put(database, delivery(delivery_id, surface), card)


async def test_a_banner_is_shown_as_text_and_being_seen_is_told(open_page: Open, shop: Services) -> None:
    await place(shop.database, "banner")

    page = await open_page('<div data-sojourn="banner"></div>')

    banner = page.locator(".sojourn-banner")
    await expect(banner).to_contain_text("<b>Hamburg</b> to Lisbon")
    await expect(banner.get_by_role("img", name="The harbour")).to_have_count(1)
    await expect(banner.get_by_role("listitem")).to_have_text(["Choose a date", "Choose a seat"])
    await is_told(shop.database, "Message Read")


async def test_a_click_leads_on_and_is_told(open_page: Open, shop: Services) -> None:
    await place(shop.database, "banner")
    page = await open_page('<div data-sojourn="banner"></div>')

    await page.get_by_role("link", name="Continue").click()

    await page.wait_for_url("**/search")
    await is_told(shop.database, "Message Link Clicked")


async def test_what_is_dismissed_does_not_come_back(open_page: Open, shop: Services) -> None:
    await place(shop.database, "checklist")
    page = await open_page('<div data-sojourn="checklist"></div>')

    await page.get_by_role("button", name="Dismiss").click()

    await expect(page.locator(".sojourn-checklist")).to_have_count(0)
    await is_told(shop.database, "Message Dismissed")
    page = await open_page('<div data-sojourn="checklist"></div>')
    await expect(page.locator(".sojourn-checklist")).to_have_count(0)


async def test_a_tooltip_stands_beside_what_it_is_about(open_page: Open, shop: Services) -> None:
    await place(shop.database, "tooltip")

    page = await open_page("")

    await expect(page.locator("#cart + .sojourn-anchor .sojourn-tooltip")).to_be_visible()


async def test_a_visitor_finds_the_inbox_by_the_device(open_page: Open, shop: Services) -> None:
    await place(shop.database, "inbox", "d_1")
    await place(shop.database, "inbox", "d_2")

    page = await open_page('<div data-sojourn="inbox"></div>', 'data-anonymous-id="device-1"')

    await expect(page.locator(".sojourn-inbox")).to_have_count(2)


async def test_nothing_disturbs_where_the_page_asks_for_quiet(open_page: Open, shop: Services) -> None:
    await place(shop.database, "banner", "d_1")
    await place(shop.database, "inbox", "d_2")

    page = await open_page(
        '<form data-sojourn-quiet>Pay</form><div data-sojourn="banner"></div><div data-sojourn="inbox"></div>'
    )

    await expect(page.locator(".sojourn-inbox")).to_be_visible()
    await expect(page.locator(".sojourn-banner")).to_have_count(0)


async def test_a_session_has_no_more_prompts_than_the_page_allows(open_page: Open, shop: Services) -> None:
    await place(shop.database, "banner", "d_1")
    await place(shop.database, "checklist", "d_2")
    await place(shop.database, "tooltip", "d_3")

    page = await open_page(
        '<div data-sojourn="banner"></div><div data-sojourn="checklist"></div>',
        'data-user-id="user-1" data-most-per-session="2"',
    )

    await expect(page.locator(".sojourn-card")).to_have_count(2)


async def test_slots_are_filled_in_place_of_what_stood_there_and_a_click_is_told(open_page: Open, shop: Services):
    slots = '<div data-sojourn-slot="hero">All tents</div><div data-sojourn-slot="rail">All boots</div>'

    page = await open_page(slots, 'data-user-id="user-1" data-surface="homepage"')
    hero = page.locator("[data-sojourn-slot=hero]")
    await expect(hero).to_contain_text("10% off the Lumen 3 tent")
    await expect(hero).not_to_contain_text("All tents")
    await expect(page.locator("[data-sojourn-slot=rail]")).to_have_text("All boots")
    await is_told(shop.database, "Promotion Viewed")
    await hero.get_by_role("link", name="Look inside").evaluate("link => link.removeAttribute('href')")
    await hero.locator("a").click()

    await is_told(shop.database, "Promotion Clicked")


async def test_without_consent_nobody_is_named_and_nothing_is_told(open_page: Open, shop: Services):
    await place(shop.database, "banner")
    asked: list[str] = []
    private = 'data-user-id="user-1" data-surface="homepage" data-consent="no"'
    page = await open_page("")
    page.on("request", lambda request: asked.append(request.url))

    page = await open_page('<div data-sojourn="banner"></div><div data-sojourn-slot="hero"></div>', private)

    await expect(page.locator(".sojourn-slot")).to_be_visible()
    await expect(page.locator(".sojourn-banner")).to_have_count(0)
    ours = [url for url in asked if "/v1/" in url]
    assert len(ours) == 1
    assert "user-1" not in ours[0]
