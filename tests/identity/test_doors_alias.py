"""Segment's alias and PostHog's own calls for it say the same."""

from typing import Any

import httpx
import pytest

from project.model import IdentityRules
from starter.app import create_app
from store.database import Database
from tests import seeding
from tests.identity.conftest import Shop


async def send(database: Database, path: str, body: dict[str, Any]) -> None:
    app = create_app(await seeding.services(database), dispatch=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        answer = await client.post(path, json=body)
    assert answer.status_code == 200, answer.text


def posthog(event: str, distinct_id: str, **properties: Any) -> dict[str, Any]:
    return {"api_key": "key", "event": event, "distinct_id": distinct_id, "properties": properties}


async def test_a_visitor_of_posthogs_is_identified(sqlite_database: Database) -> None:
    await send(sqlite_database, "/capture/", posthog("viewed", "anon-1", **{"$is_identified": False}))
    await send(sqlite_database, "/capture/", posthog("$identify", "lena", **{"$anon_distinct_id": "anon-1"}))
    assert await Shop(sqlite_database).people() == {frozenset({"user:lena", "anonymous:anon-1"})}


async def test_an_alias_of_posthogs_makes_a_visitor_the_user(sqlite_database: Database) -> None:
    await send(sqlite_database, "/capture/", posthog("viewed", "anon-1", **{"$is_identified": False}))
    body = posthog("$create_alias", "anon-1", alias="lena")
    body["properties"]["distinct_id"] = "anon-1"
    await send(sqlite_database, "/capture/", body)
    assert await Shop(sqlite_database).people() == {frozenset({"user:lena", "anonymous:anon-1"})}


async def test_an_alias_of_segments_makes_a_visitor_the_user(sqlite_database: Database) -> None:
    key = {"writeKey": "key"}
    await send(sqlite_database, "/v1/track", {**key, "anonymousId": "anon-1", "event": "viewed"})
    await send(sqlite_database, "/v1/alias", {**key, "previousId": "anon-1", "userId": "lena"})
    assert await Shop(sqlite_database).people() == {frozenset({"user:lena", "anonymous:anon-1"})}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"order": ["user", "user", "anonymous"]}, "name each kind once"),
        ({"order": ["email"]}, "user and anonymous among them"),
        ({"limits": {"crm": 2}}, "'crm' is not one of the kinds in order: user, email"),
        ({"limits": {"user": 0}}, "greater than or equal to 1"),
    ],
)
def test_rules_that_make_no_sense_are_refused(written: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        IdentityRules.model_validate(written)
