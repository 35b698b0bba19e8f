"""Every door of the application that writes tells the audit log of whom it turns away, and of what is done through
it; those whose acts stand elsewhere are named, with the reason."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlmodel import col, select

from starter.app import create_app
from starter.services import Services
from store.database import Database
from store.tables import AuditEntry, EventRecord, Guardrail, OutboxEntry
from tests import seeding
from tests.seeding import MARIA, NOW, OMAR, customer, grant, put

EVENTS = "what it takes in is kept as an event; the log tells once a day who brought any"
WISHES = "the customer's own wish is kept as a statement of consent"
LOOKS = "it only looks"
DECIDES = "a run or a review takes the decision: tests/audit/test_everything_told.py has each of them"
CONSOLE = "it does what the API's door of the same name does"
PLANS = "tests/experiments/test_experiment_door.py has its entries"
STAND_ELSEWHERE = {
    **dict.fromkeys(("/webhooks/{name}/{key}", "/v1/cloudevents", "/v1/journeys/{name}/runs"), EVENTS),
    **{
        f"{prefix}/{kind}": EVENTS
        for prefix in ("", "/v1")
        for kind in ("track", "identify", "page", "screen", "group", "alias", "batch", "import")
    },
    **dict.fromkeys(("/capture", "/capture/", "/i/v0/e", "/i/v0/e/", "/batch/"), EVENTS),
    **dict.fromkeys(("/v1/surfaces/messages/{message_id}/{report}", "/v1/slots/{token}/{report}"), EVENTS),
    **dict.fromkeys(("/u/{token}", "/p/{token}", "/s/{token}"), WISHES),
    **dict.fromkeys(("/flags", "/flags/", "/v1/customers/search", "/v1/suppressions/search"), LOOKS),
    **dict.fromkeys(("/codec/decode", "/codec/{token}/decode", "/customers/search"), LOOKS),
    **dict.fromkeys(("/v1/approvals/{approval_id}/decision", "/v1/changes/{change_id}/decision"), DECIDES),
    **dict.fromkeys(("/v1/changes/{change_id}/rollback", "/v1/changes/loosenings"), DECIDES),
    **dict.fromkeys(("/v1/experiments", "/v1/experiments/{name}/start", "/v1/experiments/{name}/stop"), PLANS),
    **dict.fromkeys(("/approvals/together/decision", "/approvals/{approval_id}/decision"), CONSOLE),
    **dict.fromkeys(("/approvals/grants/{grant_id}/end", "/customers/{customer_id}/erase"), CONSOLE),
    **dict.fromkeys(("/experiments/{name}/{step}", "/guardrails/{name}/rearm"), CONSOLE),
    **dict.fromkeys(("/changes/loosenings", "/changes/{change_id}/decision"), CONSOLE),
    "/content/{name}/publish": "tests/console/test_content_pages.py has its entry",
}


@dataclass(frozen=True)
class Act:
    """What Omar does at a door, and how the log tells of it: its kind, and what."""

    door: tuple[str, str]
    told: tuple[str, str]
    given: dict[str, Any] = field(default_factory=dict[str, Any])
    path: str = ""


TENT = {
    "product_id": "tent",
    "name": "Tent",
    "price": 100,
    "currency": "EUR",
    "category": "tents",
    "url": "https://shop.example",
}
ADDRESS = {"address": "someone@example.com"}
ACTS = [
    Act(("POST", "/v1/suppressions"), ("change", "suppressed"), ADDRESS),
    Act(("POST", "/v1/suppressions/release"), ("change", "released"), ADDRESS),
    Act(("PUT", "/v1/catalogue/products"), ("change", "told"), {"products": [TENT]}),
    Act(
        ("PATCH", "/v1/catalogue/products/{product_id}"), ("change", "told"), {"stock": 1},
        "/v1/catalogue/products/tent",
    ),
    Act(("PUT", "/v1/catalogue/range"), ("change", "told"), {"product_ids": ["another"], "sure": True}),
    Act(("POST", "/v1/events/dead/retry"), ("change", "tried again"), {"all": True}),
    Act(
        ("POST", "/v1/guardrails/{journey}/rearm"), ("change", "re-armed"), {"reason": "mended"},
        f"/v1/guardrails/{seeding.JOURNEY}/rearm",
    ),
    Act(
        ("POST", "/v1/approvals/grants/{grant_id}/revoke"), ("approval", "revoked"),
        path="/v1/approvals/grants/g_1/revoke",
    ),
    Act(
        ("POST", "/v1/customers/{customer_id}/merge"), ("change", "merged"), {"gone": "c_tom", "reason": "one"},
        "/v1/customers/c_lena/merge",
    ),
    Act(("POST", "/v1/merges/{number}/undo"), ("change", "told apart"), path="/v1/merges/1/undo"),
    Act(
        ("GET", "/v1/customers/{customer_id}/export"), ("export", "all that is known"),
        path="/v1/customers/c_lena/export",
    ),
    Act(
        ("GET", "/v1/audit/export"), ("export", "entries of this log"),
        path="/v1/audit/export?customer=c_lena",
    ),
    Act(
        ("POST", "/v1/customers/{customer_id}/erase"), ("erasure", "begun"), {"confirm": "c_lena"},
        "/v1/customers/c_lena/erase",
    ),
    Act(("POST", "/sign-out"), ("login", "signed out")),
    Act(("POST", "/sign-in"), ("login", "signed in")),
]  # fmt: skip


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> Services:
    """A shop in which Omar may do everything."""
    shop = await seeding.services(sqlite_database)
    omar = OMAR.model_copy(update={"groups": ("marketing", "support", "privacy")})
    project = shop.project.model_copy(update={"people": (omar, MARIA)})
    settings = shop.settings.model_copy(update={"state_dir": tmp_path})
    return Services(**vars(shop) | {"project": project, "settings": settings})


@pytest.fixture
def app(shop: Services) -> FastAPI:
    return create_app(shop, dispatch=False)


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sojourn.test") as client:
        yield client


@pytest.fixture
async def omar(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """Omar's browser, in which he is signed in."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sojourn.test") as client:
        await client.post("/sign-in", data={"token": OMAR.token})
        yield client


def doors(routes: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """The method and the path of each door that writes. Those of a router that was included stand in it."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield from ((method, route.path) for method in route.methods - {"GET", "HEAD", "OPTIONS"})
        yield from doors(getattr(getattr(route, "original_router", None), "routes", ()))


async def entries(shop: Services) -> list[AuditEntry]:
    async with shop.database.reading() as session:
        return list((await session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))).all())


async def test_every_door_tells_whom_it_turns_away(
    app: FastAPI, shop: Services, stranger: httpx.AsyncClient, omar: httpx.AsyncClient
) -> None:
    """Someone without a token, a key or an address of ours; at the console a form of another session."""
    silent, count = list[str](), len(await entries(shop))
    for method, path in doors(app.routes):
        path = path.replace("{report}", "seen")
        answer = await stranger.request(method, path, json={})
        if answer.status_code == 303:  # they are asked to sign in
            answer = await omar.request(method, path, json={})
        await shop.attempts.refusals.tell()  # so that each is a first one
        told = (await entries(shop))[count:]
        count += len(told)
        if answer.status_code < 400 or "refusal" not in {entry.kind for entry in told}:
            silent.append(f"{method} {path}: {answer.status_code}")
    assert silent == []
    assert count > 60


async def test_every_door_tells_what_was_done(app: FastAPI, shop: Services, omar: httpx.AsyncClient) -> None:
    lapsed = {"journey": seeding.JOURNEY, "channel": "email", "name": "bounces", "state": "tripped", "told": "ok"}
    lapsed |= {"value": 0.2, "limit": 0.1, "why": "", "score": 0.0, "since": NOW, "looked_at": NOW}
    rows = [customer(), customer("c_tom"), seeding.approval(), grant(), Guardrail.model_validate(lapsed)]
    event = {
        "seq": 1,
        "id": "e1",
        "customer_id": "c_lena",
        "name": "X",
        "properties": {},
        "occurred_at": NOW,
        "received_at": NOW,
    }
    rows += [EventRecord.model_validate(event), OutboxEntry(seq=1, customer_id="c_lena", dead=True)]
    await put(shop.database, *rows)
    bearer = {"Authorization": f"Bearer {OMAR.token}"}
    form_token = (await omar.get("/")).text.partition('name="form_token" value="')[2].partition('"')[0]
    for act in ACTS:
        count, (method, door) = len(await entries(shop)), act.door
        if door.startswith("/sign"):
            answer = await omar.post(door, data={"token": OMAR.token, "form_token": form_token})
        else:
            body = {"json": act.given} if method != "GET" else {}
            answer = await omar.request(method, act.path or door, headers=bearer, **body)
        assert answer.status_code < 400, answer.text
        told = [(entry.kind, entry.facts["what"], entry.by) for entry in (await entries(shop))[count:]]
        assert (*act.told, OMAR.email) in told, act.door
    acts = {door for _, door in (act.door for act in ACTS)}
    assert {path for _, path in doors(app.routes)} - acts == STAND_ELSEWHERE.keys()
