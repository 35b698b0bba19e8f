"""Events come in as Segment's clients send them; every answer is one that these clients understand."""

import base64
import gzip
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.tables import Customer, EventRecord, OutboxEntry, Refusal
from tests.ingestion.conftest import Kept

VIEW: dict[str, Any] = {
    "messageId": "m1",
    "userId": "lena",
    "event": "Product Viewed",
    "properties": {"product_id": "fjell-3"},
}


async def test_a_track_call_is_durable_when_it_is_answered(sender: httpx.AsyncClient, kept: Kept) -> None:
    answer = await sender.post("/v1/track", json=VIEW)
    assert (answer.status_code, answer.content) == (200, b'{"success":true}')
    event, entry = await kept.one(EventRecord), await kept.one(OutboxEntry)
    assert (event.id, event.name, event.properties) == ("m1", "Product Viewed", {"product_id": "fjell-3"})
    assert (entry.seq, entry.customer_id) == (event.seq, event.customer_id)


@pytest.mark.parametrize("path", ["/v1/batch", "/batch", "/v1/import", "/import"])
async def test_a_batch_is_taken_at_each_of_its_addresses(path: str, sender: httpx.AsyncClient, kept: Kept) -> None:
    answer = await sender.post(path, json={"batch": [VIEW | {"type": "track"}]})
    assert answer.status_code == 200
    assert (await kept.one(EventRecord)).name == "Product Viewed"


async def test_a_batch_keeps_its_order(sender: httpx.AsyncClient, kept: Kept) -> None:
    batch = [VIEW | {"type": "track", "messageId": f"m{n}", "event": f"Event {n}"} for n in range(100)]
    await sender.post("/v1/batch", json={"batch": batch})
    events = sorted(await kept.all(EventRecord), key=lambda event: event.seq)
    assert [event.id for event in events] == [f"m{n}" for n in range(100)]


@pytest.mark.parametrize(("header", "known"), [({"Sec-GPC": "1"}, True), ({"Sec-GPC": "0"}, None), ({}, None)])
@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
async def test_a_browser_that_asks_not_to_share_asks_for_its_customer(
    path: str, header: dict[str, str], known: bool | None, sender: httpx.AsyncClient, kept: Kept
) -> None:
    body = VIEW if path == "/v1/track" else {"batch": [VIEW | {"type": "track"}]}
    assert (await sender.post(path, json=body, headers=header)).status_code == 200
    assert (await kept.one(Customer)).traits.get("gpc") is known


@pytest.mark.parametrize(
    ("item", "name", "properties"),
    [
        ({"type": "identify", "traits": {"plan": "pro"}}, "Customer Identified", {"plan": "pro"}),
        (
            {"type": "page", "name": "Home", "properties": {"url": "/"}},
            "Page Viewed",
            {"url": "/", "name": "Home"},
        ),
        ({"type": "screen", "name": "Cart"}, "Screen Viewed", {"name": "Cart"}),
        (
            {"type": "group", "groupId": "acme", "traits": {"size": 3}},
            "Group Joined",
            {"size": 3, "group_id": "acme"},
        ),
        ({"type": "alias", "previousId": "anna"}, "Customer Aliased", {"previous_id": "anna"}),
    ],
)
async def test_every_kind_of_call_becomes_an_event(
    item: dict[str, Any], name: str, properties: dict[str, Any], sender: httpx.AsyncClient, kept: Kept
) -> None:
    answer = await sender.post("/v1/batch", json={"batch": [{"userId": "lena", **item}]})
    assert answer.status_code == 200
    event = await kept.one(EventRecord)
    assert (event.name, event.properties) == (name, properties)


@pytest.mark.parametrize(
    "proof",
    [
        {"headers": {"Authorization": "Basic " + base64.b64encode(b"key:").decode()}},
        {"headers": {"Authorization": "Bearer key"}},
        {"headers": {}, "body": {"writeKey": "key"}},
    ],
)
async def test_the_write_key_is_found_where_clients_put_it(
    proof: dict[str, Any], anyone: httpx.AsyncClient
) -> None:
    answer = await anyone.post("/v1/track", json=VIEW | proof.get("body", {}), headers=proof["headers"])
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, {}),
        ({}, {"writeKey": "other"}),
        ({}, {"writeKey": ["key"]}),
        ({"Authorization": "Basic " + base64.b64encode(b"other:").decode()}, {"writeKey": "key"}),
        ({"Authorization": "Basic not-base64"}, {}),
        ({"Authorization": "Bearer"}, {}),
    ],
)
async def test_an_unknown_write_key_is_refused(
    headers: dict[str, str], body: dict[str, Any], anyone: httpx.AsyncClient, kept: Kept
) -> None:
    answer = await anyone.post("/v1/track", json=VIEW | body, headers=headers)
    assert answer.status_code == 401
    assert answer.json().keys() == {"code", "message"}
    assert await kept.all(EventRecord) == []


async def test_gzip_is_recognised_by_its_bytes(sender: httpx.AsyncClient, kept: Kept) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await sender.post("/v1/track", content=gzip.compress(json.dumps(VIEW).encode()), headers=form)
    assert answer.status_code == 200
    assert (await kept.one(EventRecord)).id == "m1"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"[1]", "JSON object"),
        (b'{"userId": "\\ud800"}', "not JSON"),
        (gzip.compress(b"0" * 5_000_000, mtime=0), "at most 500 KB"),
        (b'{"x":"' + b"x" * 600_000 + b'"}', "at most 500 KB"),
        (gzip.compress(b"{}", mtime=0)[:-4], "whole gzip"),
        (gzip.compress(b"{}", mtime=0) + b"more", "whole gzip"),
        (b"\x1f\x8bnonsense", "not valid gzip"),
        (b'{"context": [], "batch": []}', "context: "),
        (b"{}", "batch: a list of items is missing"),
        (b'{"batch": {}}', "batch: a list of items is missing"),
        (b'{"batch": [' + b"1," * 6000 + b"1]}", "at most 5000 items"),
    ],
)
async def test_a_request_that_cannot_be_read_is_refused_whole(
    body: bytes, told: str, sender: httpx.AsyncClient, kept: Kept
) -> None:
    answer = await sender.post("/v1/batch", content=body)
    assert answer.status_code == 400
    assert told in answer.json()["message"]
    assert await kept.all(Refusal) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"event": None}, "event: a track call needs the name of its event"),
        ({"userId": None}, "userId: an item needs a userId or an anonymousId"),
        ({"userId": {"id": 1}}, "userId: Input should be a valid string"),
        ({"event": "x" * 300}, "event: String should have at most 255 characters"),
        ({"event": "a\x00b"}, "event: must not contain control characters"),
        ({"timestamp": "yesterday"}, "timestamp: Input should be a valid datetime"),
        ({"timestamp": "0001-01-01T00:00:00Z"}, "timestamp: must be between the years 1970 and 2200"),
        ({"properties": [1]}, "properties: Input should be a valid dictionary"),
        ({"properties": {"x": "x" * 33_000}}, "an item may have at most 32 KB, this one has 32"),
    ],
)
async def test_a_malformed_call_is_told_where_it_is_wrong(
    change: dict[str, Any], told: str, sender: httpx.AsyncClient, kept: Kept
) -> None:
    answer = await sender.post("/v1/track", json=VIEW | change)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(told)
    assert await kept.all(EventRecord) == []


async def test_a_bad_item_of_a_batch_is_kept_apart_and_the_good_ones_go_on(
    sender: httpx.AsyncClient, kept: Kept
) -> None:
    batch = [VIEW | {"type": "track"}, {"type": "track", "userId": "lena"}]
    for _ in range(2):
        answer = await sender.post("/v1/batch", json={"batch": batch})
        assert (answer.status_code, answer.content) == (200, b'{"success":true}')
    assert (await kept.one(EventRecord)).id == "m1"
    refusal = await kept.one(Refusal)
    assert refusal.reason == "item 1: event: a track call needs the name of its event"
    assert json.loads(refusal.raw) == batch[1]


async def test_what_is_nested_too_deep_to_be_read_is_refused(sender: httpx.AsyncClient, kept: Kept) -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    item = VIEW | {"type": "track", "properties": {"deep": deep}}
    answer = await sender.post("/v1/batch", json={"batch": [item]})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_json"
    assert await kept.all(EventRecord) == []


async def test_names_may_be_in_any_script(sender: httpx.AsyncClient, kept: Kept) -> None:
    item = VIEW | {"event": "Просмотр 商品 👀", "userId": "žofie", "properties": {"ß": "𝕏\u0000"}}
    assert (await sender.post("/v1/track", json=item)).status_code == 200
    event = await kept.one(EventRecord)
    assert (event.name, event.properties) == ("Просмотр 商品 👀", {"ß": "𝕏\u0000"})


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
_fields = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page", "alias"]) | _json},
    optional={
        name: _json | st.text()
        for name in ("messageId", "userId", "anonymousId", "event", "properties", "traits", "context", "timestamp")
    },
)
_nested = st.fixed_dictionaries(
    {"type": st.just("identify"), "userId": st.text(min_size=1)},
    optional={
        "traits": st.dictionaries(st.sampled_from(["email", "phone", "consents", "timezone", "locale"]), _json),
        "context": st.dictionaries(st.sampled_from(["device", "timezone", "traits", "locale"]), _json),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_json | st.fixed_dictionaries({"batch": st.lists(_fields | _nested | _json, max_size=3)}))
async def test_whatever_is_sent_is_accepted_or_refused_but_breaks_nothing(
    body: Any, sender: httpx.AsyncClient
) -> None:
    text = json.dumps(body).encode()
    for path in ("/v1/batch", "/v1/track", "/v1/identify"):
        answer = await sender.post(path, content=text)
        assert answer.status_code in (200, 400)
