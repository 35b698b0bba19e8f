"""Pages in a real browser. The tests share its process, as starting one takes longer than most of them; they never
share a page or a cookie.

What speaks to the browser lives in the event loop in which it was started: these tests and their fixtures run in
the loop of the session."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from sandbox.http_server import serving
from starter.services import Services
from store.database import Database
from tests import seeding
from tests.console.conftest import app_of
from tests.living import LivingShop, living_shop

IN_THE_BROWSER = [pytest.mark.xdist_group("browser"), pytest.mark.asyncio(loop_scope="session")]
"""The marks of a module of such tests."""

# A busy machine takes its time; a page that never shows what is expected still fails.
expect.set_options(timeout=30_000)


class Visit(Protocol):
    """Opens a page as one of the people, in a window of a width in pixels."""

    async def __call__(self, services: Services, path: str, person: str = "Ada", width: int = 1280) -> Page: ...


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    """Debian's chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("chromium is missing: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def sqlite_database(sqlite_url: str) -> AsyncGenerator[Database]:
    """An empty store, used in the loop of the session."""
    store = Database(sqlite_url)
    yield store
    await store.close()


@pytest_asyncio.fixture(loop_scope="session")
async def demo(sqlite_database: Database) -> Services:
    """A demonstration whose Temporal server is down."""
    return await seeding.services(sqlite_database, demo_users=True)


@pytest_asyncio.fixture(loop_scope="session")
async def living(sqlite_database: Database, tmp_path: Path, temporal_address: str) -> AsyncGenerator[LivingShop]:
    """A shop that really runs."""
    temporal = await Client.connect(temporal_address, data_converter=pydantic_data_converter)
    async with living_shop(sqlite_database, tmp_path / "shop", temporal) as shop:
        yield shop


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, sqlite_database: Database) -> AsyncGenerator[Visit]:
    """Opens a page of a demonstration as one of its people. Its clock can be moved forward. No page may break its
    own security policy. It asks for the store so that pages, which refresh themselves, are closed before it."""
    wrong: list[str] = []
    async with AsyncExitStack() as open_sites:

        async def _visit(services: Services, path: str, person: str = "Ada", width: int = 1280) -> Page:
            port = await open_sites.enter_async_context(serving(app_of(services)))
            page = await browser.new_page(viewport={"width": width, "height": 844})
            open_sites.push_async_callback(page.close)
            await page.clock.install()
            page.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            await page.goto(f"http://127.0.0.1:{port}{path}")
            await page.get_by_role("button", name=person).click()
            await page.get_by_role("banner").wait_for()
            await page.wait_for_load_state()
            return page

        yield _visit
    assert wrong == []
