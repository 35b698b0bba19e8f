"""Services open the doors that their token's scopes name, and no other; every refusal is in the audit log."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from project.access import Permission
from starter.identity.attempts import Attempts
from starter.identity.tokens import Tokens, make_token
from starter.services import Services
from store.audit import entries_between, list_entries
from store.database import Database
from store.tables import ApiToken
from store.tokens import keep_token, list_tokens, revoke_token
from tests import seeding
from tests.access.conftest import browser_of

NOW = datetime.now(UTC)
TRACK = {"userId": "lena", "event": "Product Viewed"}


@pytest.fixture
async def shop(sqlite_database: Database) -> Services:
    return await seeding.services(sqlite_database)


async def given(shop: Services, *scopes: Permission, days: float = 1, **more: Any) -> str:
    """A new token of the service 'checkout'."""
    secret, row = make_token("checkout", scopes, "ops@host", timedelta(days=days), **more)
    async with shop.database.transaction() as session:
        await keep_token(session, row)
    return secret


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def refusals(shop: Services) -> list[tuple[str, str, str]]:
    async with shop.database.reading() as session:
        found = await list_entries(session, kind="refusal")
    return [(entry.subject, entry.by, entry.facts["reason"]) for entry in found.rows]


DOORS: Sequence[tuple[str, str, Permission, dict[str, Any] | None]] = [
    ("GET", "/v1/approvals", "approvals:read", None),
    ("GET", "/v1/customers", "customers:read", None),
    ("POST", "/v1/customers/search", "customers:read", {"named": "x"}),
    ("GET", "/v1/erasures", "customers:erase", None),
    ("GET", "/v1/events", "events:read", None),
    ("POST", "/v1/events/dead/retry", "events:retry", {"all": True}),
    ("POST", "/v1/track", "events:write", TRACK),
    ("POST", "/capture", "events:write", {"event": "x", "distinct_id": "lena"}),
]


async def test_a_scope_opens_its_doors_and_no_other(shop: Services, browser: httpx.AsyncClient) -> None:
    scopes: set[Permission] = {scope for _, _, scope, _ in DOORS}
    tokens = {scope: await given(shop, scope) for scope in scopes}
    for method, path, needed, body in DOORS:
        opened = {
            scope
            for scope, token in tokens.items()
            if (await browser.request(method, path, json=body, headers=bearer(token))).status_code == 200
        }
        assert opened == {needed}, path


async def test_a_token_comes_as_segments_clients_send_a_write_key(
    shop: Services, browser: httpx.AsyncClient
) -> None:
    token = await given(shop, "events:write")
    assert (await browser.post("/v1/track", json=TRACK, auth=(token, ""))).status_code == 200
    assert (await browser.post("/v1/track", json=TRACK | {"writeKey": token})).status_code == 200


async def test_a_token_may_be_kept_to_some_events(shop: Services, browser: httpx.AsyncClient) -> None:
    token = await given(shop, "events:write", events=["Order Placed"])
    assert (await browser.post("/v1/track", json=TRACK, headers=bearer(token))).status_code == 403


async def test_to_start_runs_takes_its_own_scope(shop: Services, browser: httpx.AsyncClient) -> None:
    path = f"/v1/journeys/{seeding.JOURNEY}/runs"
    events, runs = await given(shop, "events:write"), await given(shop, "runs:write")
    assert (await browser.post(path, json={"userId": "l"}, headers=bearer(events))).status_code == 403
    answer = await browser.post(path, json={"userId": "l"}, headers=bearer(runs))
    assert answer.json()["code"] == "not_started_by_calls"


async def revoked(shop: Services) -> str:
    token = await given(shop, "customers:read")
    async with shop.database.transaction() as session:
        await revoke_token(session, (await list_tokens(session))[0].id, "ops@host", NOW)
    return token


async def expired(shop: Services) -> str:
    return await given(shop, "customers:read", days=-1)


async def forged(shop: Services) -> str:
    return (await given(shop, "customers:read"))[:-3] + "AAA"


@pytest.mark.parametrize("make", [revoked, expired, forged])
async def test_a_token_that_does_not_count_is_refused_and_that_is_logged(
    shop: Services, browser: httpx.AsyncClient, make: Any
) -> None:
    answer = await browser.get("/v1/customers", headers=bearer(await make(shop)))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert await refusals(shop) == [
        ("door:customers:read", "someone unknown", "a service's token that does not count")
    ]


async def test_a_token_without_the_scope_is_named_in_the_log(shop: Services, browser: httpx.AsyncClient) -> None:
    token = await given(shop, "events:write")
    answer = await browser.get("/v1/customers", headers=bearer(token))
    assert answer.status_code == 403
    assert "it has: events:write" in answer.json()["message"]
    assert await refusals(shop) == [("door:customers:read", "token:checkout", "a token without this scope")]


async def test_a_person_without_the_role_is_named_in_the_log(shop: Services, browser: httpx.AsyncClient) -> None:
    await browser.get("/v1/erasures", headers=bearer(seeding.ADA.token))
    assert await refusals(shop) == [("door:customers:erase", seeding.ADA.email, "no role that may")]


async def test_a_service_decides_as_the_person_it_acts_for(shop: Services, browser: httpx.AsyncClient) -> None:
    """Maria wrote the journey, so that no token of hers approves it."""
    await seeding.put(shop.database, seeding.customer(), seeding.approval())
    token = await given(shop, "approvals:decide", acts_for="Maria@northwind.example", groups=["marketing"])
    answer = await browser.post(
        "/v1/approvals/a_1/decision", json={"decision": "approve", "seen": "hash"}, headers=bearer(token)
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_a_service_decides_only_for_its_groups(shop: Services, browser: httpx.AsyncClient) -> None:
    await seeding.put(shop.database, seeding.customer(), seeding.approval())
    token = await given(shop, "approvals:decide", acts_for=seeding.ADA.email, groups=["support"])
    answer = await browser.post(
        "/v1/approvals/a_1/decision", json={"decision": "approve", "seen": "hash"}, headers=bearer(token)
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_its_last_use_is_noted(shop: Services, browser: httpx.AsyncClient) -> None:
    await browser.get("/v1/customers", headers=bearer(await given(shop, "customers:read")))
    async with shop.database.reading() as session:
        token = (await list_tokens(session))[0]
    assert token.last_used_at is not None
    assert token.last_used_at >= NOW


async def test_tokens_are_kept_found_and_revoked_on_every_database(database: Database) -> None:
    secret, row = make_token("checkout", ["events:write"], "ops@host", timedelta(days=1), events=["Order Placed"])
    async with database.transaction() as session:
        await keep_token(session, row)
    found = await Tokens(database).find(secret)
    assert found is not None
    assert found.events == ["Order Placed"]
    assert secret not in str(found.model_dump())
    async with database.transaction() as session:
        await revoke_token(session, found.id, "ops@host", NOW)
    assert await Tokens(database).find(secret) is None


async def told(database: Database) -> list[tuple[str, int]]:
    """What the audit log says was refused, and how often, the first first."""
    async with database.reading() as session:
        period = entries_between(
            session, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), "refusal"
        )
        return [(entry.facts["reason"], entry.facts["count"]) async for entry in period]


async def test_guesses_of_one_kind_are_told_at_once_and_then_counted(sqlite_database: Database) -> None:
    attempts = Attempts(sqlite_database)
    for _ in range(70):
        await attempts.refused("sign-in", "a token that nobody has")
    assert await told(sqlite_database) == [("a token that nobody has", 1)]
    await attempts.refusals.tell()
    await attempts.refusals.tell()
    assert await told(sqlite_database) == [("a token that nobody has", 1), ("a token that nobody has", 69)]


async def test_a_flood_of_many_kinds_does_not_fill_the_log(sqlite_database: Database) -> None:
    attempts = Attempts(sqlite_database)
    for number in range(100):
        await attempts.refused("sign-in", f"reason {number}")
    await attempts.refusals.tell()
    found = await told(sqlite_database)
    assert (len(found), found[-1]) == (61, ("more kinds of refusals than are told one by one", 40))


async def test_a_wrong_write_key_and_a_missing_token_are_told_without_what_was_given(
    shop: Services, browser: httpx.AsyncClient
) -> None:
    await browser.post("/v1/track", json=TRACK, headers=bearer("stolen-key"))
    await browser.get("/v1/customers")
    assert await refusals(shop) == [
        ("door:customers:read", "someone unknown", "no token"),
        ("door:events:write", "someone unknown", "a write key that is missing or that nobody has"),
    ]
    async with shop.database.reading() as session:
        kept = str([entry.model_dump() for entry in (await list_entries(session, kind="refusal")).rows])
    assert "stolen-key" not in kept
    assert "127.0.0.1" not in kept


async def test_who_signs_in_is_logged(shop: Services) -> None:
    async with browser_of(shop) as browser:
        await browser.post("/sign-in", data={"token": seeding.ADA.token})
    async with shop.database.reading() as session:
        (entry,) = (await list_entries(session, kind="login")).rows
    assert (entry.by, entry.facts) == (seeding.ADA.email, {"what": "signed in", "way": "token"})


def test_a_row_does_not_hold_the_token() -> None:
    secret, row = make_token("checkout", ["events:write"], "ops@host", timedelta(days=1))
    assert isinstance(row, ApiToken)
    assert secret.removeprefix("sjn_") not in str(row.model_dump())
