"""CloudEvents come in as the CloudEvents SDK writes them: binary, structured and in batches."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from store.tables import EventRecord, Identity, Refusal
from tests.ingestion.conftest import Kept

DOOR = "/v1/cloudevents"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def event(data: Any = None, **attributes: Any) -> CloudEvent:
    given = {
        "id": "o-7",
        "source": "/shop/orders",
        "type": "Order Completed",
        "specversion": "1.0",
        "subject": "lena",
        "time": datetime(2026, 7, 1, 12, tzinfo=UTC),
        **attributes,
    }
    return CloudEvent({name: value for name, value in given.items() if value is not None}, data)


async def send(sender: httpx.AsyncClient, message: HTTPMessage) -> httpx.Response:
    return await sender.post(DOOR, content=message.body, headers=message.headers)


def batch_of(*events: CloudEvent) -> HTTPMessage:
    """The SDK writes no batches; a batch is a list of what it writes."""
    body = b"[" + b",".join(bytes(to_structured_event(each).body) for each in events) + b"]"
    return HTTPMessage({"content-type": "application/cloudevents-batch+json; charset=utf-8"}, body)


@pytest.mark.parametrize("mode", [to_binary_event, to_structured_event, batch_of])
async def test_each_mode_brings_the_same_event(mode: Any, sender: httpx.AsyncClient, kept: Kept) -> None:
    answer = await send(sender, mode(event({"total": 320}, traceparent=TRACE, subject="žofie 7%")))
    assert (answer.status_code, answer.content) == (200, b'{"success":true}')
    found = await kept.one(EventRecord)
    assert (found.name, found.properties) == ("Order Completed", {"total": 320})
    assert (found.occurred_at, found.traceparent) == (datetime(2026, 7, 1, 12, tzinfo=UTC), TRACE)
    assert (await kept.one(Identity)).value == "žofie 7%"


async def test_source_and_id_together_make_an_event_unique(sender: httpx.AsyncClient, kept: Kept) -> None:
    for source in ("/shop/orders", "/shop/orders", "/other"):
        await send(sender, to_binary_event(event(source=source)))
        await send(sender, to_structured_event(event(source=source)))
    assert len(await kept.all(EventRecord)) == 2


@pytest.mark.parametrize(
    ("attributes", "data", "known_as"),
    [
        ({}, {}, ("user", "lena")),
        ({}, {"userId": "omar"}, ("user", "omar")),
        ({"userid": "ada"}, {"userId": "omar"}, ("user", "ada")),
        ({"anonymousid": "device-1"}, {}, ("anonymous", "device-1")),
        ({"subject": None}, {"anonymousId": "device-2"}, ("anonymous", "device-2")),
    ],
)
async def test_the_customer_is_found_where_senders_put_it(
    attributes: dict[str, Any],
    data: dict[str, Any],
    known_as: tuple[str, str],
    sender: httpx.AsyncClient,
    kept: Kept,
) -> None:
    await send(sender, to_binary_event(event(data, **attributes)))
    identity = await kept.one(Identity)
    assert (identity.kind, identity.value) == known_as


@pytest.mark.parametrize("mode", [to_binary_event, to_structured_event])
@pytest.mark.parametrize(
    ("data", "form", "kept_as"),
    [
        (None, None, {}),
        ("a note", "text/plain", {"data": "a note"}),
        ([1, 2], None, {"data": [1, 2]}),
        (b"\xff\xfe", "application/octet-stream", {"data": "//4="}),
    ],
)
async def test_data_that_is_no_object_is_kept_as_it_is(
    mode: Any, data: Any, form: str | None, kept_as: dict[str, Any], sender: httpx.AsyncClient, kept: Kept
) -> None:
    assert (await send(sender, mode(event(data, datacontenttype=form)))).status_code == 200
    assert (await kept.one(EventRecord)).properties == kept_as


async def test_one_bad_event_does_not_hold_its_batch_up(sender: httpx.AsyncClient, kept: Kept) -> None:
    good, bad = (json.loads(bytes(to_structured_event(event(id=f"e{n}")).body)) for n in (1, 2))
    del bad["source"]
    message = HTTPMessage({"content-type": "application/cloudevents-batch+json"}, json.dumps([bad, good]).encode())
    assert (await send(sender, message)).status_code == 200
    assert len(await kept.all(EventRecord)) == 1
    assert (await kept.one(Refusal)).reason == "item 0: source: a CloudEvent needs it, as text"


@pytest.mark.parametrize(
    ("headers", "body", "status", "told"),
    [
        (
            {"ce-specversion": "0.3", "ce-id": "1", "ce-source": "/", "ce-type": "T"},
            b"",
            400,
            "specversion: must be",
        ),
        ({"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/"}, b"", 400, "type: a CloudEvent needs it"),
        ({"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/", "ce-type": "T"}, b"", 400, "userId: an item"),
        ({"content-type": "application/json"}, b"{}", 415, "send 'application/cloudevents+json'"),
        ({"content-type": "application/cloudevents+avro"}, b"x", 415, "send 'application/cloudevents+json'"),
        ({"content-type": "application/cloudevents+json"}, b"[]", 400, "the body must be a JSON object"),
        ({"content-type": "application/cloudevents-batch+json"}, b"{}", 400, "batch: a list of items"),
    ],
)
async def test_what_is_no_cloudevent_is_refused(
    headers: dict[str, str], body: bytes, status: int, told: str, sender: httpx.AsyncClient, kept: Kept
) -> None:
    answer = await sender.post(DOOR, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["message"].startswith(told)
    assert await kept.all(EventRecord) == []


async def test_a_webhooks_handshake_is_answered(anyone: httpx.AsyncClient) -> None:
    asked = {"WebHook-Request-Origin": "events.example", "WebHook-Request-Rate": "120"}
    answer = await anyone.options(DOOR, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["WebHook-Allowed-Origin"] == "events.example"
    assert answer.headers["WebHook-Allowed-Rate"] == "*"
    assert "POST" in answer.headers["Allow"]


async def test_a_webhook_may_carry_its_key_in_the_address(anyone: httpx.AsyncClient) -> None:
    message = to_binary_event(event())
    statuses = [
        (await anyone.post(f"{DOOR}{key}", content=message.body, headers=message.headers)).status_code
        for key in ("?access_token=key", "?access_token=other", "")
    ]
    assert statuses == [200, 401, 401]
