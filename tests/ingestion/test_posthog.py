"""PostHog's events mean what their PostHog names say, in our words."""

from typing import Any

import httpx
import pytest

from store.tables import Customer, EventRecord, Identity, Refusal
from tests.ingestion.conftest import Kept


async def capture(anyone: httpx.AsyncClient, event: str, distinct_id: str = "lena", **properties: Any) -> None:
    body = {"api_key": "key", "event": event, "distinct_id": distinct_id, "properties": properties}
    answer = await anyone.post("/i/v0/e/", json=body)
    assert (answer.status_code, answer.content) == (200, b'{"status":1}')


async def ids(kept: Kept) -> set[tuple[str, str]]:
    return {(identity.kind, identity.value) for identity in await kept.all(Identity)}


@pytest.mark.parametrize("path", ["/capture/", "/capture", "/i/v0/e/", "/i/v0/e"])
async def test_an_event_is_taken_at_each_of_its_addresses(
    path: str, anyone: httpx.AsyncClient, kept: Kept
) -> None:
    body = {"api_key": "key", "event": "Tent Pitched", "distinct_id": "lena", "uuid": "m1"}
    assert (await anyone.post(path, json=body)).json() == {"status": 1}
    assert (await kept.one(EventRecord)).id == "m1"


@pytest.mark.parametrize(
    ("event", "properties", "name", "kept_as"),
    [
        ("Tent Pitched", {"size": 3}, "Tent Pitched", {"size": 3}),
        ("$pageview", {"$current_url": "/p/1"}, "Page Viewed", {"$current_url": "/p/1", "url": "/p/1"}),
        ("$screen", {"$screen_name": "Cart"}, "Screen Viewed", {"$screen_name": "Cart", "name": "Cart"}),
        (
            "$groupidentify",
            {"$group_type": "company", "$group_key": "acme", "$group_set": {"size": 3}},
            "Group Joined",
            {"group_id": "acme", "group_type": "company", "size": 3},
        ),
        ("$create_alias", {"distinct_id": "anna", "alias": "lena"}, "Customer Aliased", {"previous_id": "anna"}),
        ("$set", {"$set": {"plan": "pro"}}, "Customer Identified", {"plan": "pro"}),
    ],
)
async def test_every_kind_of_event_becomes_its_own(
    event: str,
    properties: dict[str, Any],
    name: str,
    kept_as: dict[str, Any],
    anyone: httpx.AsyncClient,
    kept: Kept,
) -> None:
    body = {"api_key": "key", "event": event, "distinct_id": "lena", "properties": properties}
    assert (await anyone.post("/capture/", json=body)).status_code == 200
    found = await kept.one(EventRecord)
    assert (found.name, found.properties) == (name, kept_as)


async def test_a_visitor_who_is_identified_stays_the_same_customer(anyone: httpx.AsyncClient, kept: Kept) -> None:
    await capture(anyone, "Tent Pitched", "device-1", **{"$is_identified": False})
    await capture(anyone, "$identify", "lena", **{"$anon_distinct_id": "device-1", "$set": {"plan": "pro"}})
    assert (await kept.one(Customer)).traits == {"plan": "pro"}
    assert await ids(kept) == {("anonymous", "device-1"), ("user", "lena")}


async def test_any_event_may_set_traits_and_some_only_the_first_time(
    anyone: httpx.AsyncClient, kept: Kept
) -> None:
    for place in ("newsletter", "search"):
        await capture(anyone, "Tent Pitched", **{"$set": {"last": place}, "$set_once": {"first": place}})
    assert (await kept.one(Customer)).traits == {"last": "search", "first": "newsletter"}
    assert all(event.properties == {} for event in await kept.all(EventRecord))


async def test_what_posthog_sends_of_a_group_alone_makes_no_customer(
    anyone: httpx.AsyncClient, kept: Kept
) -> None:
    group = {"$group_type": "company", "$group_key": "acme"}
    item = {"event": "$groupidentify", "distinct_id": "$company_acme", "properties": group}
    answer = await anyone.post("/batch/", json={"api_key": "key", "batch": [item]})
    assert answer.status_code == 200
    assert await kept.all(Customer) == []
    assert (await kept.one(Refusal)).reason == (
        "item 0: distinct_id: a group is no customer; name the one who belongs to it"
    )


async def test_a_clock_that_is_wrong_does_no_harm(anyone: httpx.AsyncClient, kept: Kept) -> None:
    item = {"event": "Tent Pitched", "distinct_id": "lena", "timestamp": "2001-01-01T00:00:00Z"}
    await anyone.post("/batch/", json={"api_key": "key", "sent_at": "2001-01-01T00:01:00Z", "batch": [item]})
    event = await kept.one(EventRecord)
    assert (event.received_at - event.occurred_at).total_seconds() == pytest.approx(60, abs=5)


@pytest.mark.parametrize(("key", "status"), [("key", 200), ("other", 401), (None, 401)])
async def test_there_are_no_flags_for_whoever_may_ask(
    key: str | None, status: int, anyone: httpx.AsyncClient
) -> None:
    answer = await anyone.post("/flags/?v=2", json={"api_key": key, "distinct_id": "lena"})
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"flags": {}, "errorsWhileComputingFlags": False}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"distinct_id": None}, "distinct_id: an event needs a distinct_id"),
        ({"event": None}, "event: a track call needs the name of its event"),
        ({"properties": [1]}, "properties: Input should be a valid dictionary"),
        ({"$set": "pro"}, "$set: Input should be a valid dictionary"),
    ],
)
async def test_what_is_no_event_is_told(change: dict[str, Any], told: str, anyone: httpx.AsyncClient) -> None:
    body = {"api_key": "key", "event": "Tent Pitched", "distinct_id": "lena", **change}
    answer = await anyone.post("/capture/", json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, told)
