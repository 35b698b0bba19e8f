"""The console over HTTP, and in a real browser."""

import asyncio
import shutil
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright, expect

from starter.console.pages import mount
from starter.services import Services
from store.database import Database
from tests import seeding
from tests.living import LivingShop, living_shop

SITE = "http://sojourn.test"
# A busy machine takes its time; a page that never shows what is expected still fails.
expect.set_options(timeout=30_000)


class Visit(Protocol):
    """Opens a page as one of the people, in a window of a width in pixels."""

    async def __call__(self, services: Services, path: str, person: str = "Ada", width: int = 1280) -> Page: ...


def app_of(services: Services) -> FastAPI:
    app = FastAPI()
    app.state.services = services
    mount(app)
    return app


@pytest.fixture
async def shop(database: Database) -> Services:
    """A shop whose Temporal server is down, on SQLite and on PostgreSQL."""
    return await seeding.services(database)


@pytest.fixture
async def site(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """The console of `shop`, with nobody signed in."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(shop)), base_url=SITE) as client:
        yield client


@pytest.fixture
async def ada(site: httpx.AsyncClient) -> httpx.AsyncClient:
    """The console of `shop`, with Ada of marketing signed in."""
    await site.post("/sign-in", data={"token": seeding.ADA.token})
    return site


@pytest.fixture
async def demo(sqlite_database: Database) -> Services:
    """A demonstration whose Temporal server is down."""
    return await seeding.services(sqlite_database, demo_users=True)


@pytest.fixture
async def living(sqlite_database: Database, tmp_path: Path) -> AsyncGenerator[LivingShop]:
    """A shop that really runs."""
    async with living_shop(sqlite_database, tmp_path / "shop") as shop:
        yield shop


@asynccontextmanager
async def serving(services: Services) -> AsyncGenerator[str]:
    """The console on a port of this machine; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app_of(services), log_level="warning", ws="none", timeout_graceful_shutdown=2)
    )
    task = asyncio.create_task(server.serve(sockets=[listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await task


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    """Debian's chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("chromium is missing: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def visit(browser: Browser, sqlite_database: Database) -> AsyncGenerator[Visit]:
    """Opens a page of a demonstration as one of its people. Its clock can be moved forward. No page may break its
    own security policy. It asks for the store so that pages, which refresh themselves, are closed before it."""
    wrong: list[str] = []
    async with AsyncExitStack() as open_sites:

        async def _visit(services: Services, path: str, person: str = "Ada", width: int = 1280) -> Page:
            address = await open_sites.enter_async_context(serving(services))
            page = await browser.new_page(viewport={"width": width, "height": 844})
            open_sites.push_async_callback(page.close)
            await page.clock.install()
            page.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            await page.goto(address + path)
            await page.get_by_role("button", name=person).click()
            await page.get_by_role("banner").wait_for()
            await page.wait_for_load_state()
            return page

        yield _visit
    assert wrong == []
