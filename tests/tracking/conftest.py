"""A shop that sent Lena a mail a while ago, and whoever comes through the links in it."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from content.links import LinkSigner
from project.model import Tracking
from starter.app import create_app
from starter.services import Services
from store.database import Database
from tests import seeding
from tests.kept import Kept

LINKS = LinkSigner(seeding.SECRET)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
async def shop(sqlite_database: Database) -> Services:
    """A shop that tracks clicks and opens. Its Temporal is down: links must not mind."""
    lena = seeding.customer("c_lena")
    sent = seeding.delivery("d_1", "reminder", "browse-reminder", "email", "sent", timedelta(hours=1))
    await seeding.put(sqlite_database, lena, sent)
    plain = await seeding.services(sqlite_database)
    tracking = Tracking(clicks=True, opens=True)
    return replace(plain, project=plain.project.model_copy(update={"tracking": tracking}))


@pytest.fixture
async def browser(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """A person's browser, which does not go where it is led."""
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    agent = {"User-Agent": BROWSER}
    async with httpx.AsyncClient(transport=transport, base_url="http://shop", headers=agent) as client:
        yield client


@pytest.fixture
def kept(sqlite_database: Database) -> Kept:
    return Kept(sqlite_database)
