"""The codec endpoint, as the Temporal UI asks it."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads
from temporalio.converter import WorkflowSerializationContext

from starter.console.page import COOKIE
from starter.identity.people import Sessions
from starter.services import Services
from store.keys import destroy_keys
from tests.customers.conftest import CODEC_TOKEN, PRIYA, UI, bearer
from tests.seeding import MARIA


async def as_the_ui_sends_them(shop: Services, *values: Any) -> dict[str, Any]:
    """Values of a run of Lena's, as they stand in the history."""
    context = WorkflowSerializationContext(namespace="default", workflow_id="welcome:c_lena:1")
    payloads = await shop.temporal.data_converter.with_context(context).encode(values)
    return json_format.MessageToDict(Payloads(payloads=payloads))


async def read(shop: Services, answer: httpx.Response) -> list[Any]:
    payloads = json_format.Parse(answer.text, Payloads()).payloads
    return shop.temporal.data_converter.payload_converter.from_payloads(payloads)


async def test_a_privacy_officer_reads_what_a_run_was_told(shop: Services, api: httpx.AsyncClient) -> None:
    body = await as_the_ui_sends_them(shop, {"email": "lena@example.com"}, 7)
    answer = await api.post("/codec/decode", json=body, headers=bearer(PRIYA))
    assert answer.status_code == 200
    assert await read(shop, answer) == [{"email": "lena@example.com"}, 7]


async def test_a_session_of_the_console_opens_it_too(shop: Services, api: httpx.AsyncClient) -> None:
    cookie = Sessions(shop.project, shop.secret).open(PRIYA, datetime.now(UTC))
    body = await as_the_ui_sends_them(shop, "lena")
    answer = await api.post("/codec/decode", json=body, headers={"Cookie": f"{COOKIE}={cookie}"})
    assert await read(shop, answer) == ["lena"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"Authorization": "Bearer nobody"}, 401), (bearer(MARIA), 403)],
    ids=["nobody", "a wrong token", "another group"],
)
async def test_nobody_else_reads_it(
    shop: Services, api: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await api.post("/codec/decode", json=await as_the_ui_sends_them(shop, "lena"), headers=headers)
    assert answer.status_code == status


async def test_the_local_ui_is_known_by_the_address_it_was_told(shop: Services, api: httpx.AsyncClient) -> None:
    body = await as_the_ui_sends_them(shop, "lena")
    assert await read(shop, await api.post(f"/codec/{CODEC_TOKEN}/decode", json=body)) == ["lena"]
    assert (await api.post("/codec/another token/decode", json=body)).status_code == 401


async def test_the_ui_and_no_other_site_may_read_the_answer(shop: Services, api: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Origin": "https://elsewhere.example"}
    answer = await api.options("/codec/decode", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == UI


async def test_what_was_erased_says_so_beside_what_still_shows(shop: Services, api: httpx.AsyncClient) -> None:
    async with shop.database.transaction() as session:
        await destroy_keys(session, ["c_lena"], datetime.now(UTC))
    payloads = await shop.temporal.data_converter.encode(["of nobody"])
    body = await as_the_ui_sends_them(shop, "lena")
    body["payloads"] += json_format.MessageToDict(Payloads(payloads=payloads))["payloads"]
    answer = await api.post("/codec/decode", json=body, headers=bearer(PRIYA))
    assert await read(shop, answer) == ["erased: the customer's key was destroyed", "of nobody"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"payloads": 3}', b"\xff"])
async def test_what_is_no_payloads_is_refused(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/codec/decode", content=body, headers=bearer(PRIYA))
    assert answer.status_code == 400
