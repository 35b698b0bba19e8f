"""Whoever a door turns away is told in the audit log, at the API, the console, the shop's pages and vendors'
addresses; and so is whoever comes in."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from starter.app import create_app
from starter.services import Services
from store.audit import list_entries
from store.database import Database
from tests import seeding
from tests.changes.test_change_rows import change
from tests.seeding import ADA, MARIA, NOW, OMAR, approval, customer, grant, put

APPROVE = {"decision": "approve", "seen": "hash"}
REJECT = {"decision": "reject", "seen": "hash", "reason": "too much"}
UNKNOWN = "someone unknown"


@dataclass(frozen=True)
class Try:
    """What is tried by whom, with JSON, and how it is told."""

    path: str
    by: Any
    body: dict[str, Any]
    told: tuple[str, str, str]


@pytest.fixture
async def shop(sqlite_database: Database) -> Services:
    """A shop with questions, a grant and a change, whose inbox wants user ids proved."""
    shop = await seeding.services(sqlite_database)
    done = {"state": "approved", "decided_by": ADA.email, "decided_at": NOW}
    questions = (approval(), approval("a_done", **done), approval("a_late", state="expired", decided_at=NOW))
    changes = (change(), change(id="ch_2", state="approved"))
    await put(sqlite_database, customer(), *questions, grant(), *changes)
    inbox = {"channels": {"inbox": {"identity_secret": "a secret of the shop's server, long"}}}
    return Services(**vars(shop) | {"project": shop.project.model_copy(update=inbox)})


@pytest.fixture
async def browser(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://sojourn.test") as client:
        yield client


async def told(shop: Services, kind: str) -> list[tuple[str, str, str]]:
    """What each entry is about, why, and by whom; the first first."""
    async with shop.database.reading() as session:
        rows = reversed((await list_entries(session, kind=kind)).rows)
    return [(row.subject, row.by, row.facts.get("reason") or row.facts["what"]) for row in rows]


TRIES = {
    "foreign": Try(
        "approvals/a_1/decision", OMAR, APPROVE,
        ("door:approval:a_1", OMAR.email, "Only people of the group 'marketing'"),
    ),
    "self-made": Try(
        "approvals/a_1/decision", MARIA, APPROVE,
        ("door:approval:a_1", MARIA.email, "nobody approves what they wrote"),
    ),
    "replayed": Try(
        "approvals/a_done/decision", ADA, REJECT, ("door:approval:a_done", ADA.email, "already decided")
    ),
    "expired": Try("approvals/a_late/decision", ADA, APPROVE, ("door:approval:a_late", ADA.email, "closed")),
    "of another content": Try(
        "approvals/a_1/decision", ADA, APPROVE | {"seen": "forged"}, ("door:approval:a_1", ADA.email, "changed")
    ),
    "handed by a stranger": Try(
        "approvals/a_1/decision", OMAR, {"decision": "hand", "to": "support"},
        ("door:approval:a_1", OMAR.email, "Only people of the group"),
    ),
    "a grant of others": Try(
        "approvals/grants/g_1/revoke", OMAR, {}, ("door:grant:g_1", OMAR.email, "Only people of the group")
    ),
    "a change of others": Try(
        "changes/ch_1/decision", OMAR, {"decision": "approve"},
        ("door:change:ch_1", OMAR.email, "Only people of these groups decide it"),
    ),
    "a change of one's own": Try(
        "changes/ch_1/decision", MARIA, {"decision": "approve"},
        ("door:change:ch_1", MARIA.email, "nobody approves what is their own"),
    ),
    "a change decided already": Try(
        "changes/ch_2/decision", ADA, {"decision": "approve"},
        ("door:change:ch_2", ADA.email, "It is approved already"),
    ),
    "taken back by others": Try(
        "changes/ch_2/rollback", OMAR, {},
        ("door:change:ch_2", OMAR.email, "Only people of these groups take it back"),
    ),
    "taken back too late": Try(
        "changes/ch_2/rollback", ADA, {}, ("door:change:ch_2", ADA.email, "refused")
    ),
    "without the role": Try(
        "customers/c_lena/erase", ADA, {}, ("door:customers:erase", ADA.email, "no role that may")
    ),
}  # fmt: skip


@pytest.mark.parametrize("tried", TRIES.values(), ids=TRIES)
async def test_a_refused_decision_is_told(browser: httpx.AsyncClient, shop: Services, tried: Try) -> None:
    headers = {"Authorization": f"Bearer {tried.by.token}"}
    answer = await browser.post(f"/v1/{tried.path}", json=tried.body, headers=headers)
    assert answer.status_code in (403, 409, 410)
    [(subject, by, reason)] = await told(shop, "refusal")
    assert (subject, by, tried.told[2] in reason) == (*tried.told[:2], True)


STRANGERS: dict[str, tuple[str, str, dict[str, Any], tuple[str, str, str]]] = {
    "no token": ("GET", "/v1/approvals", {}, ("door:approvals:read", UNKNOWN, "no token")),
    "a write key": (
        "POST", "/v1/track", {"json": {"writeKey": "guess"}},
        ("door:events:write", UNKNOWN, "a write key that is missing or that nobody has"),
    ),
    "a sign-in": (
        "POST", "/sign-in", {"data": {"token": "guess"}}, ("door:sign-in", UNKNOWN, "a token that nobody has")
    ),
    "a form of another site": (
        "POST", "/sign-in", {"data": {"token": ADA.token}, "headers": {"sec-fetch-site": "cross-site"}},
        ("door:console", UNKNOWN, "a form of another site"),
    ),
    "a guessed user id": (
        "GET", "/v1/surfaces/inbox", {"params": {"writeKey": "key", "userId": "user-1"}},
        ("door:surfaces", UNKNOWN, "a user id that is not proved"),
    ),
    "a vendor's guessed address": (
        "POST", "/webhooks/postmark/guess", {}, ("door:webhook", UNKNOWN, "an address that is none of ours")
    ),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "given", "expected"), STRANGERS.values(), ids=STRANGERS)
async def test_a_stranger_is_told(
    browser: httpx.AsyncClient,
    shop: Services,
    method: str,
    path: str,
    given: dict[str, Any],
    expected: tuple[str, str, str],
) -> None:
    answer = await browser.request(method, path, **given)
    assert 400 <= answer.status_code < 500
    assert await told(shop, "refusal") == [expected]


async def test_a_console_tells_of_a_forged_form_and_of_a_foreign_decision(
    browser: httpx.AsyncClient, shop: Services
) -> None:
    await browser.post("/sign-in", data={"token": OMAR.token})
    form_token = (await browser.get("/")).text.partition('name="form_token" value="')[2].partition('"')[0]
    for given in ("forged", form_token):
        form = {"form_token": given, "decision": "approve", "seen": "hash"}
        await browser.post("/approvals/a_1/decision", data=form)
    forged, foreign = await told(shop, "refusal")
    assert forged == ("door:console", OMAR.email, "a form of another session")
    assert foreign[:2] == ("door:approval:a_1", OMAR.email)


async def test_who_comes_in_and_goes_out_is_told_and_of_a_token_its_first_use_of_the_day(
    browser: httpx.AsyncClient, shop: Services
) -> None:
    for _ in range(2):
        await browser.get("/v1/approvals", headers={"Authorization": f"Bearer {OMAR.token}"})
    await browser.post("/sign-in", data={"token": ADA.token})
    form_token = (await browser.get("/")).text.partition('name="form_token" value="')[2].partition('"')[0]
    await browser.post("/sign-out", data={"form_token": form_token})
    assert await told(shop, "login") == [
        ("api", OMAR.email, "called"),
        ("console", ADA.email, "signed in"),
        ("console", ADA.email, "signed out"),
    ]
