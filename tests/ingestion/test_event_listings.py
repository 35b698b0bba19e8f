"""Whoever looks after an installation asks what came in, was refused or is dead, and has it tried again."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from starter.ingestion.acceptance import Ingestion
from starter.ingestion.pressure import Limits
from starter.ingestion.tally import Tally
from starter.services import Services
from store.database import Database
from store.intake import read_intake
from store.outbox import bury
from store.tables import OutboxEntry
from tests.ingestion.conftest import Kept

PERSON = {"Authorization": "Bearer token-ada"}
OPS = {"Authorization": "Bearer token-omar"}


async def ask(client: httpx.AsyncClient, path: str, **given: Any) -> Any:
    answer = await client.get(path, headers=PERSON, params=given)
    assert answer.status_code == 200
    return answer.json()


async def send(sender: httpx.AsyncClient, *items: dict[str, Any]) -> None:
    answer = await sender.post("/v1/batch", json={"batch": [{"type": "track", **item} for item in items]})
    assert answer.status_code == 200


def view(message_id: str, **more: Any) -> dict[str, Any]:
    return {"userId": "lena", "event": "Product Viewed", "messageId": message_id, **more}


async def test_accepted_events_are_listed_the_latest_first(sender: httpx.AsyncClient) -> None:
    await send(sender, view("m1"), view("m2"), view("m3", event="Order Completed"))
    found = await ask(sender, "/v1/events", name="Product Viewed")
    assert [event["id"] for event in found["items"]] == ["m2", "m1"]
    assert (found["page"], found["more"]) == (1, False)


async def test_refusals_are_listed_with_their_reason(sender: httpx.AsyncClient) -> None:
    await send(sender, {"userId": "lena"})
    (refused,) = (await ask(sender, "/v1/events/refused"))["items"]
    assert refused["reason"] == "item 0: event: a track call needs the name of its event"
    assert refused["raw"] == '{"type":"track","userId":"lena"}'


async def test_dead_events_are_listed_and_tried_again(
    sender: httpx.AsyncClient, shop: Services, kept: Kept
) -> None:
    await send(sender, view("m1"), view("m2"))
    async with shop.database.transaction() as session:
        for entry in await kept.all(OutboxEntry):
            await bury(session, entry.seq, "the server refused it")
    dead = (await ask(sender, "/v1/events/dead"))["items"]
    assert [(letter["event"], letter["reason"]) for letter in dead] == [
        ("m1", "the server refused it"),
        ("m2", "the server refused it"),
    ]
    for body, count in (({"events": ["m1", "m9"]}, 1), ({"all": True}, 1)):
        answer = await sender.post("/v1/events/dead/retry", json=body, headers=OPS)
        assert answer.json() == {"retried": count}
    assert (await ask(sender, "/v1/events/dead"))["items"] == []


@pytest.mark.parametrize("body", [{}, {"events": ["m1"], "all": True}, {"seq": [1]}])
async def test_what_to_try_again_must_be_said(body: dict[str, Any], sender: httpx.AsyncClient) -> None:
    answer = await sender.post("/v1/events/dead/retry", json=body, headers=OPS)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


async def test_a_write_key_lists_nothing(sender: httpx.AsyncClient) -> None:
    for path in ("", "/refused", "/dead", "/status"):
        assert (await sender.get(f"/v1/events{path}")).status_code == 401
    assert (await sender.post("/v1/events/dead/retry", json={"all": True})).status_code == 401


async def test_what_became_of_events_is_counted(sender: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    late, later = (now - timedelta(hours=hours) for hours in (3, 2))
    await send(sender, view("m1"), view("m1"), view("m2", timestamp=late.isoformat()), {"userId": "lena"})
    await send(sender, view("m1"), view("m3", timestamp=later.isoformat()), view("m4", userId="omar"))
    found = await ask(sender, "/v1/events/status")
    assert found["counts"] == {
        "accepted": 4,
        "duplicate": 2,
        "late": 2,
        "out_of_order": 2,
        "refused": 1,
        "held_back": 0,
    }
    assert (found["waiting"], found["dead"]) == (4, 0)


async def test_requests_that_are_held_back_are_counted(sender: httpx.AsyncClient, shop: Services) -> None:
    app: Any = sender._transport.app  # pyright: ignore
    app.state.ingestion = Ingestion(shop.database, [], lambda: None, Limits(waiting=0))
    assert (await sender.post("/v1/track", json=view("m1"))).status_code == 429
    assert (await ask(sender, "/v1/events/status"))["counts"]["held_back"] == 1


async def test_counts_are_written_by_themselves_and_at_the_end(shop: Services, sender: httpx.AsyncClient) -> None:
    ingestion = Ingestion(shop.database, [], lambda: None)
    counting = asyncio.create_task(ingestion.tally.run())
    await asyncio.sleep(0)
    ingestion.tally.add({"accepted": 3})
    counting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await counting
    assert (await ask(sender, "/v1/events/status"))["counts"]["accepted"] == 3


async def test_counting_ends_when_it_is_cancelled_while_it_writes(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starter.ingestion.tally._EVERY", 0)
    tally = Tally(sqlite_database)
    tally.add({"accepted": 3})
    async with sqlite_database.transaction():
        # Somebody else writes: the tally has to wait for its turn.
        counting = asyncio.create_task(tally.run())
        for _ in range(5):
            await asyncio.sleep(0)
        counting.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(60):
            await counting
    async with sqlite_database.reading() as session:
        assert (await read_intake(session, datetime.now(UTC), 1)).counts["accepted"] == 3
