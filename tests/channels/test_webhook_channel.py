"""A signed webhook, as the standard's own library proves it, and what a service's answers mean."""

import json
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook as Standard
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.channels import webhook
from activities.channels.model import Provider, Refused, RetryLater
from activities.channels.webhook import Webhook
from sandbox.http_server import serving
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
REFUSED = {
    **dict.fromkeys((400, 409, 413, 415, 422), "none"),
    **dict.fromkeys((401, 403, 404, 405, 410, 302), "stop_channel"),
}
RETRIED = {408: None, 425: None, 429: timedelta(minutes=1), 503: timedelta(minutes=1)}


@pytest.fixture
async def service() -> AsyncGenerator[tuple[str, list[Any]]]:
    """A service that takes calls with the standard's own library: where it is, and what it took."""
    took: list[Any] = []

    async def take(request: Request) -> Response:
        took.append(Standard(SECRET).verify(await request.body(), dict(request.headers)))
        return Response(status_code=204)

    async with serving(Starlette(routes=[Route("/hook", take, methods=["POST"])]), 0) as port:
        yield f"http://127.0.0.1:{port}/hook", took


async def test_the_standards_own_library_believes_the_call(service: tuple[str, list[Any]]) -> None:
    url, took = service
    provider = Webhook.model_validate({"url": url, "secret": SECRET})

    await provider.send(provider.prepare(rendered("webhook"), "c_ada", "d_1"), "d_1")
    await provider.close()

    [body] = took
    assert body["type"] == "journey.browse-reminder"
    assert body["data"] == {
        "delivery_id": "d_1",
        "customer_id": "c_ada",
        "fields": {"reason": "high intent", "product": {"url": "https://shop.example/keb"}},
    }


def test_every_status_in_the_table_has_an_example_here() -> None:
    assert webhook._STATUSES.keys() | {302} == REFUSED.keys() | RETRIED.keys()


@pytest.mark.parametrize(("status", "remedy"), REFUSED.items())
async def test_refused_for_good(status: int, remedy: str, make_provider: MakeProvider, sandbox: Sandbox) -> None:
    provider = make_provider("webhook")
    sandbox.faults.add(recipient="c_ada", answer=status)

    with pytest.raises(Refused) as refused:
        await provider.send(provider.prepare(rendered("webhook"), "c_ada", "d_1"), "d_1")

    assert (refused.value.code, refused.value.remedy) == (f"webhook.http_{status}", remedy)


@pytest.mark.parametrize(("status", "after"), RETRIED.items())
async def test_tried_again_later(
    status: int, after: timedelta | None, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    provider = make_provider("webhook")
    sandbox.faults.add(recipient="c_ada", answer=status)

    with pytest.raises(RetryLater) as later:
        await provider.send(provider.prepare(rendered("webhook"), "c_ada", "d_1"), "d_1")

    assert later.value.after == after


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64!", json.dumps(SECRET), SECRET[6:]]
)
def test_a_secret_that_is_none_is_told_when_the_project_is_loaded(secret: str) -> None:
    with pytest.raises(ValidationError, match="a secret is 'whsec_' and"):
        Webhook.model_validate({"url": "https://shop.example/hook", "secret": secret})
