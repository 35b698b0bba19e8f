"""The audit log as pages and over HTTP: found, given out, verified, and only by whoever may."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from starter.app import create_app
from starter.auditing.anchor import Anchor
from starter.auditing.proving import verify_extract
from starter.auditing.sealer import seal_all
from starter.client import Refused, Sojourn
from starter.services import Services
from store.audit import record
from store.database import Database
from store.sealing import Head
from tests import seeding
from tests.seeding import ADA, OMAR, customer, put

MARCH, APRIL = datetime(2026, 3, 31, 23, 59, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
async def shop(database: Database, tmp_path: Path) -> Services:
    """A shop with two entries: Ada approved something for Lena on the last of March, and published a journey on
    the first of April."""
    shop = await seeding.services(database)
    settings = shop.settings.model_copy(update={"state_dir": tmp_path})
    await put(database, customer())
    async with database.transaction() as session:
        record(
            session, "approval", "approval:a_1", ADA.email, {"what": "approved"}, at=MARCH, customer_id="c_lena"
        )
        record(session, "change", "journey:welcome", ADA.email, {"what": "published"}, at=APRIL)
    return Services(**vars(shop) | {"settings": settings})


@pytest.fixture
async def site(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """Every door of it, called by Omar of operations, who may read the log."""
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    headers = {"Authorization": f"Bearer {OMAR.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://sojourn.test", headers=headers) as client:
        await client.post("/sign-in", data={"token": OMAR.token})
        yield client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"by={ADA.email}", ["change", "approval"]),
        ("kind=change", ["change"]),
        ("customer=c_lena", ["approval"]),
        ("since=2026-03-31&until=2026-03-31", ["approval"]),
        ("since=2026-04-01&until=2026-04-01", ["change"]),
        ("by=nobody@northwind.example", []),
    ],
)
async def test_entries_are_found_on_the_page_and_over_http(
    site: httpx.AsyncClient, query: str, found: list[str]
) -> None:
    entries = (await site.get(f"/v1/audit?{query}")).json()["entries"]
    assert [entry["kind"] for entry in entries] == found
    page = (await site.get(f"/audit?{query}")).text
    assert [page.count(f"<b>{kind}</b>") for kind in ("change", "approval")] == [
        found.count("change"),
        found.count("approval"),
    ]


@pytest.mark.parametrize("door", ["/audit/export", "/v1/audit/export"])
async def test_a_customers_entries_are_given_out_whole(site: httpx.AsyncClient, door: str) -> None:
    given = (await site.get(f"{door}?customer=c_lena")).text.splitlines()
    assert json.loads(given[1])["facts"] == {"what": "approved"}
    found = verify_extract(given)
    assert (found.entries, found.faults) == (1, [])


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [("", 400, "the whole log is not given out"), ("customer=c_none", 404, "There is no customer")],
)
async def test_an_export_of_everything_or_nobody_is_refused(
    site: httpx.AsyncClient, query: str, status: int, words: str
) -> None:
    for door in ("/audit/export", "/v1/audit/export"):
        answer = await site.get(f"{door}?{query}")
        assert (answer.status_code, words in answer.text) == (status, True)


async def test_a_day_that_is_none_is_told(site: httpx.AsyncClient) -> None:
    answer = await site.get("/audit?since=yesterday")
    assert (answer.status_code, "A day is written as" in answer.text) == (400, True)


async def test_a_log_is_verified_and_what_is_wrong_is_told(site: httpx.AsyncClient, shop: Services) -> None:
    await seal_all(shop.database, Anchor(shop.settings))
    assert "Nothing was changed" in (await site.get("/audit/verification")).text
    assert (await site.get("/v1/audit/verification")).json()["faults"] == []
    Anchor(shop.settings).keep(Head(99, "f" * 64))
    assert "Entry 99:" in (await site.get("/audit/verification")).text
    (fault,) = (await site.get("/v1/audit/verification")).json()["faults"]
    assert "entry 99 is missing; the log was cut short" in fault["what"]


@pytest.mark.parametrize("path", ["", "/export?customer=c_lena", "/verification"])
async def test_whoever_lacks_the_role_reads_none_of_it(site: httpx.AsyncClient, shop: Services, path: str) -> None:
    ada = {"Authorization": f"Bearer {ADA.token}"}
    assert (await site.get(f"/v1/audit{path}", headers=ada)).status_code == 403
    await site.post("/sign-in", data={"token": ADA.token})
    answer = await site.get(f"/audit{path}")
    assert (answer.status_code, "ops or privacy_officer" in answer.text) == (403, True)
    assert 'href="/audit"' not in answer.text


async def test_the_python_client_reads_gives_out_and_verifies_it(shop: Services) -> None:
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    async with Sojourn("http://sojourn.test", token=OMAR.token, transport=transport) as client:
        changes = await client.audit.list(kind="change", by=ADA.email, since=APRIL.date())
        lenas = await client.audit.export("c_lena")
        faults = (await client.audit.verify())["faults"]
        with pytest.raises(Refused, match="the whole log is not given out"):
            await client.audit.export()

    assert [entry["subject"] for entry in changes["entries"]] == ["journey:welcome"]
    assert verify_extract(lenas.splitlines()).entries == 1
    assert faults == []
