"""A backend service starts a journey by a call: durable once answered, and started by the journey's own rules."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest

from starter.app import create_app
from starter.client import Refused, Sojourn
from starter.services import Services
from store.tables import EventRecord
from tests.dispatch.conftest import dispatch, history, rows
from tests.starts.conftest import publish, runs

CALL: dict[str, Any] = {"messageId": "m1", "userId": "lena", "properties": {"order": "o-7"}}


@pytest.fixture
async def api(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """The shop's API, with its write key."""
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop", auth=("key", "")) as client:
        yield client


async def test_a_call_starts_the_journey_with_what_it_was_given(shop: Services, api: httpx.AsyncClient) -> None:
    publish(shop, "{api: true, key: start.order}")
    answer = await api.post("/v1/journeys/welcome/runs", json=CALL)
    assert (answer.status_code, answer.content) == (200, b'{"success":true}')
    await dispatch(shop)
    (run,) = await runs(shop)
    assert run.workflow_id.endswith(":o-7")
    start = (await history(shop, run.workflow_id)).given.start
    assert (start.name, start.properties) == ("Journey Requested", {"order": "o-7", "journey": "welcome"})


async def test_runs_of_a_journey_with_a_high_priority_go_first(shop: Services, api: httpx.AsyncClient) -> None:
    publish(shop, "{api: true}", more="priority: 90")
    await api.post("/v1/journeys/welcome/runs", json=CALL)
    await dispatch(shop)
    (run,) = await runs(shop)
    described = await shop.temporal.get_workflow_handle(run.workflow_id).describe()
    assert described.raw_description.workflow_execution_info.priority.priority_key == 1


async def test_the_same_call_sent_again_starts_nothing_more(shop: Services, api: httpx.AsyncClient) -> None:
    publish(shop, "{api: true, again: any time}")
    for _ in range(2):
        assert (await api.post("/v1/journeys/welcome/runs", json=CALL)).status_code == 200
    await dispatch(shop)
    assert len(await runs(shop)) == 1


async def test_only_the_journey_that_was_called_starts(shop: Services, api: httpx.AsyncClient) -> None:
    publish(shop, "{api: true}")
    publish(shop, "{api: true}", name="other")
    await api.post("/v1/journeys/other/runs", json=CALL)
    await dispatch(shop)
    assert [run.journey for run in await runs(shop)] == ["other"]


async def test_the_properties_cannot_name_another_journey(shop: Services, api: httpx.AsyncClient) -> None:
    publish(shop, "{api: true}")
    publish(shop, "{api: true}", name="other")
    await api.post("/v1/journeys/other/runs", json=CALL | {"properties": {"journey": "welcome"}})
    await dispatch(shop)
    assert [run.journey for run in await runs(shop)] == ["other"]


async def test_the_condition_of_the_start_holds_for_calls_too(shop: Services, api: httpx.AsyncClient) -> None:
    publish(shop, "{api: true, where: start.order == 'o-8'}")
    assert (await api.post("/v1/journeys/welcome/runs", json=CALL)).status_code == 200
    await dispatch(shop)
    assert await runs(shop) == []


@pytest.mark.parametrize(
    ("name", "call", "status", "code", "told"),
    [
        ("welcom", CALL, 404, "unknown_journey", "there is no journey 'welcom'; did you mean 'welcome'?"),
        ("zzz", CALL, 404, "unknown_journey", "there is no journey 'zzz'"),
        ("by-event", CALL, 409, "not_started_by_calls", "the journey 'by-event' is not started by calls"),
        ("welcome", {"properties": {}}, 400, "invalid_event", "userId: an item needs a userId"),
        ("welcome", CALL | {"properties": [1]}, 400, "invalid_event", "properties: Input should be a valid"),
    ],
)
async def test_what_cannot_start_is_refused_and_nothing_is_kept(
    name: str, call: dict[str, Any], status: int, code: str, told: str, shop: Services, api: httpx.AsyncClient
) -> None:
    publish(shop, "{api: true}")
    publish(shop, "{event: Signed Up}", name="by-event")
    answer = await api.post(f"/v1/journeys/{name}/runs", json=call)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"].startswith(told)
    assert await rows(shop, EventRecord) == []


async def test_without_a_write_key_nothing_is_told_about_journeys(shop: Services, api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/journeys/nowhere/runs", json=CALL, auth=("wrong", ""))
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_write_key")


async def test_the_python_client_starts_a_journey(shop: Services) -> None:
    publish(shop, "{api: true}")
    transport = httpx.ASGITransport(create_app(shop, dispatch=False))
    async with Sojourn("http://shop", "key", transport=transport) as sojourn:
        event_id = await sojourn.start_journey("welcome", "lena", {"order": "o-7"})
        with pytest.raises(Refused, match="there is no journey 'welcom'"):
            await sojourn.start_journey("welcom", "lena")
    (event,) = await rows(shop, EventRecord)
    assert (event.id, event.properties["order"]) == (event_id, "o-7")
