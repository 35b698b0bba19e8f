"""`sojourn webhook list`: the address to give to each vendor, and whether anything came."""

import asyncio
import json
from pathlib import Path

import pytest

from starter.webhooks.registry import path_of
from store.database import Database
from store.webhooks import add_tallies
from tests import seeding
from tests.cli.conftest import Command

PROJECT = """brand: {name: Northwind, address: Hamburg, url: "https://northwind.example"}
write_keys: [key]
channels: {}
webhooks:
  twilio: {auth_token: "0123456789abcdef"}
  postmark: {password: correct horse}
"""


@pytest.fixture
def project(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project that two vendors may call; one of them did."""
    Path("sojourn.yaml").write_text(PROJECT, encoding="utf-8")
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SOJOURN_SECRET", seeding.SECRET)
    monkeypatch.setenv("SOJOURN_PUBLIC_URL", "https://journeys.northwind.example")
    asyncio.run(_count(sqlite_url))


async def _count(url: str) -> None:
    database = Database(url)
    async with database.transaction() as session:
        for counts in ({("twilio", "calls"): 2, ("twilio", "delivered"): 2}, {("twilio", "calls"): 1}):
            await add_tallies(session, counts, seeding.NOW)
            await session.flush()
    await database.close()


def test_each_vendor_has_its_address_and_what_came(sojourn: Command, project: None):
    url = f"https://journeys.northwind.example{path_of('twilio', seeding.SECRET)}"
    lines = sojourn("webhook", "list").out.splitlines()
    assert lines[:4] == [
        f"twilio: last call {seeding.NOW:%Y-%m-%d %H:%M} UTC",
        f"  {url}",
        "          3  calls",
        "          2  delivered",
    ]
    assert lines[4] == "postmark: nothing has come yet"


def test_as_json_it_is_for_programs(sojourn: Command, project: None):
    twilio, postmark = json.loads(sojourn("webhook", "list", "-o", "json").out)
    assert (twilio["vendor"], twilio["came"]) == ("twilio", {"calls": 3, "delivered": 2})
    assert (postmark["last_call_at"], postmark["came"]) == (None, {})
