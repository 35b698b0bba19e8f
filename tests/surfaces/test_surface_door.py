"""What a page of the shop is given to show, and what becomes of what it reports."""

import gzip
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from starter.app import create_app
from starter.services import Services
from store.database import Database
from store.tables import Delivery, EventRecord, SurfaceMessage
from tests import seeding
from tests.surfaces.conftest import NOW, delivery, waiting


async def ids_on(browser: httpx.AsyncClient, surface: str, **changed: str) -> list[str]:
    params = {**browser.params, **changed}
    answer = await browser.get(f"/v1/surfaces/{surface}", params=params)
    assert answer.status_code == 200, answer.text
    return [message["id"] for message in answer.json()["messages"]]


async def rows(database: Database, table: type[Any]) -> list[Any]:
    async with database.reading() as session:
        return list((await session.exec(select(table))).all())


async def test_a_message_is_shown_with_all_it_says(browser: httpx.AsyncClient, database: Database) -> None:
    await seeding.put(database, waiting("d_1"))

    answer = await browser.get("/v1/surfaces/inbox")

    [message] = answer.json()["messages"]
    assert (message["id"], message["title"], message["seen"]) == ("d_1", "Title of d_1", False)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_each_surface_shows_its_own_newest_first(browser: httpx.AsyncClient, database: Database) -> None:
    await seeding.put(
        database,
        waiting("d_older", placed_at=NOW - timedelta(hours=1)),
        waiting("d_newer"),
        waiting("d_banner", "banner"),
    )

    assert await ids_on(browser, "inbox") == ["d_newer", "d_older"]
    assert await ids_on(browser, "banner") == ["d_banner"]
    assert await ids_on(browser, "tooltip") == []


@pytest.mark.parametrize(
    "stale", [{"valid_until": NOW - timedelta(seconds=1)}, {"dismissed_at": NOW}, {"withdrawn_at": NOW}]
)
async def test_what_is_over_is_not_shown(
    stale: dict[str, Any], browser: httpx.AsyncClient, database: Database
) -> None:
    await seeding.put(database, waiting("d_1", **stale))

    assert await ids_on(browser, "inbox") == []


async def test_others_messages_are_not_shown(browser: httpx.AsyncClient, database: Database) -> None:
    await seeding.put(database, waiting("d_1", customer_id="c_ben"))

    assert await ids_on(browser, "inbox") == []
    assert await ids_on(browser, "inbox", userId="user-2") == ["d_1"]


async def test_a_visitor_is_known_by_the_device(browser: httpx.AsyncClient, database: Database) -> None:
    await seeding.put(database, waiting("d_1"))

    assert await ids_on(browser, "inbox", userId="", anonymousId="device-1") == ["d_1"]


async def test_another_user_of_the_device_is_not_shown_what_is_not_theirs(
    browser: httpx.AsyncClient, database: Database
) -> None:
    await seeding.put(database, waiting("d_1"))

    assert await ids_on(browser, "inbox", userId="user-new", anonymousId="device-1") == []


@pytest.mark.parametrize(
    ("path", "changed", "status", "code"),
    [
        ("inbox", {"writeKey": "wrong"}, 401, "unknown_write_key"),
        ("inbox", {"userId": ""}, 400, "nobody"),
        ("fridge", {}, 404, "unknown_surface"),
    ],
)
async def test_who_may_not_ask_is_told_why(
    path: str, changed: dict[str, str], status: int, code: str, browser: httpx.AsyncClient
) -> None:
    answer = await browser.get(f"/v1/surfaces/{path}", params={**browser.params, **changed})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("report", "event", "state"),
    [("seen", "Message Read", "opened"), ("clicked", "Message Link Clicked", "clicked")],
)
async def test_a_report_becomes_an_outcome_of_the_delivery(
    report: str, event: str, state: str, browser: httpx.AsyncClient, database: Database
) -> None:
    await seeding.put(database, delivery("d_1"), waiting("d_1"))

    answer = await browser.post(f"/v1/surfaces/messages/d_1/{report}")

    assert answer.status_code == 200
    [kept], [sent] = await rows(database, EventRecord), await rows(database, Delivery)
    assert (kept.name, kept.customer_id) == (event, "c_lena")
    assert kept.properties == {"delivery_id": "d_1", "channel": "inbox"}
    assert sent.state == state


async def test_a_dismissed_message_is_gone_and_journeys_hear_of_it(
    browser: httpx.AsyncClient, database: Database
) -> None:
    await seeding.put(database, delivery("d_1"), waiting("d_1"))

    await browser.post("/v1/surfaces/messages/d_1/dismissed")

    assert await ids_on(browser, "inbox") == []
    [kept] = await rows(database, EventRecord)
    assert kept.name == "Message Dismissed"


async def test_a_report_counts_once(browser: httpx.AsyncClient, database: Database) -> None:
    await seeding.put(database, delivery("d_1"), waiting("d_1"))

    await browser.post("/v1/surfaces/messages/d_1/seen")
    [first] = await rows(database, SurfaceMessage)
    await browser.post("/v1/surfaces/messages/d_1/seen")

    [again] = await rows(database, SurfaceMessage)
    assert first.seen_at == again.seen_at is not None
    assert len(await rows(database, EventRecord)) == 1


@pytest.mark.parametrize(
    ("path", "changed", "status"),
    [
        ("d_1/seen", {"userId": "user-2"}, 404),
        ("d_1/seen", {"writeKey": "wrong"}, 401),
        ("d_unheard_of/seen", {}, 404),
        ("d_1/eaten", {}, 404),
    ],
)
async def test_a_report_of_what_is_not_ones_own_is_none(
    path: str, changed: dict[str, str], status: int, browser: httpx.AsyncClient, database: Database
) -> None:
    await seeding.put(database, delivery("d_1"), waiting("d_1"))

    answer = await browser.post(f"/v1/surfaces/messages/{path}", params={**browser.params, **changed})

    assert answer.status_code == status
    assert await rows(database, EventRecord) == []


SECRET = "the shop's identity secret"


@pytest.mark.parametrize(
    ("user_hash", "status"),
    [
        (hmac.new(SECRET.encode(), b"user-1", hashlib.sha256).hexdigest(), 200),
        (hmac.new(SECRET.encode(), b"user-2", hashlib.sha256).hexdigest(), 403),
        ("ä", 403),
        ("", 403),
    ],
)
async def test_with_an_identity_secret_a_user_id_must_be_proven(
    user_hash: str, status: int, shop: Services, database: Database
) -> None:
    await seeding.put(database, waiting("d_1"))
    careful = replace(
        shop, project=shop.project.model_copy(update={"channels": {"inbox": {"identity_secret": SECRET}}})
    )
    transport = httpx.ASGITransport(create_app(careful, dispatch=False))
    params = {"writeKey": "key", "userId": "user-1", "userHash": user_hash}

    async with httpx.AsyncClient(transport=transport, base_url="http://journeys") as client:
        shown = await client.get("/v1/surfaces/inbox", params=params)
        told = await client.post("/v1/surfaces/messages/d_1/seen", params=params)

    assert (shown.status_code, told.status_code) == (status, status)


def test_the_script_is_as_small_as_the_docs_say() -> None:
    script = (Path(__file__).parents[2] / "starter/console/static/sojourn.js").read_bytes()

    assert len(script) < 4_500
    assert len(gzip.compress(script)) < 2_000
    assert b"innerHTML" not in script
