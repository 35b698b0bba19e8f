"""A write key brings events in and nothing else, and may be kept to some of them."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from project.model import load_project
from settings import Settings
from starter.app import create_app
from starter.services import Services
from store.tables import EventRecord, Refusal
from tests.ingestion.conftest import Kept
from yamlfile import FileProblems

VIEW: dict[str, Any] = {"userId": "lena", "event": "Product Viewed"}
REFUND: dict[str, Any] = {"userId": "lena", "event": "Refund Asked"}


@pytest.fixture
def browser(shop: Services) -> httpx.AsyncClient:
    """Sends with the key that stands in the shop's pages, which may bring views only."""
    keys = shop.project.model_validate(
        {**shop.project.model_dump(), "write_keys": ["key", {"key": "public", "events": ["Product Viewed"]}]}
    )
    object.__setattr__(shop, "project", keys)
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    return httpx.AsyncClient(transport=transport, base_url="http://shop", auth=("public", ""))


async def test_a_key_brings_the_events_it_may(browser: httpx.AsyncClient, kept: Kept) -> None:
    assert (await browser.post("/v1/track", json=VIEW)).status_code == 200
    assert (await kept.one(EventRecord)).name == "Product Viewed"


async def test_a_key_brings_no_other_event(browser: httpx.AsyncClient, kept: Kept) -> None:
    answer = await browser.post("/v1/track", json=REFUND)
    assert (answer.status_code, answer.json()["code"]) == (403, "event_not_allowed")
    assert "'Refund Asked'" in answer.json()["message"]
    assert await kept.all(EventRecord) == []


async def test_in_a_batch_what_a_key_may_not_bring_is_listed(browser: httpx.AsyncClient, kept: Kept) -> None:
    batch = [{"type": "track", **VIEW}, {"type": "track", **REFUND}, {"type": "identify", "userId": "lena"}]
    assert (await browser.post("/v1/batch", json={"batch": batch})).status_code == 200
    assert (await kept.one(EventRecord)).name == "Product Viewed"
    reasons = sorted(refusal.reason for refusal in await kept.all(Refusal))
    assert reasons[0].startswith("item 1: this key may not bring 'Refund Asked'")
    assert reasons[1].startswith("item 2: this key may not bring 'Customer Identified'")


async def test_another_key_of_the_project_is_not_kept_to_them(browser: httpx.AsyncClient, kept: Kept) -> None:
    assert (await browser.post("/v1/track", json=REFUND, auth=("key", ""))).status_code == 200
    assert (await kept.one(EventRecord)).name == "Refund Asked"


async def test_a_key_is_no_persons_token(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/v1/approvals", headers={"Authorization": "Bearer key"})
    assert answer.status_code == 401


def test_a_mistake_in_a_key_is_told_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "sojourn.yaml").write_text(
        "brand: {name: B, address: A, url: https://b.example}\nchannels: {}\n"
        "write_keys:\n  - plain\n  - key: public\n    event: [Product Viewed]\n"
    )
    with pytest.raises(FileProblems, match=r"sojourn\.yaml:6:\d+: "):
        load_project(Settings(project_dir=tmp_path))
