"""The sandbox's recipients act by themselves: the vendor calls back, signed, about what they did."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.channels.twilio_sms import TwilioSms
from sandbox.http_server import serving
from sandbox.reactions import Reaction
from sandbox.server import Sandbox
from starter.webhooks.model import Call, Report
from starter.webhooks.registry import known_vendors
from tests.channels.messages import rendered
from tests.waiting import WITHIN

PHONE = "+4917012345678"


@dataclass
class Listener:
    """Whom the vendors call."""

    url: str = ""
    calls: asyncio.Queue[Call] = field(default_factory=asyncio.Queue[Call])

    async def take(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        await self.calls.put(Call(str(request.url), headers, await request.body(), datetime.now(UTC)))
        return Response()

    async def hears(self, sandbox: Sandbox, vendor: str) -> Report:
        """What the next call says, once it is proved."""
        call = await asyncio.wait_for(self.calls.get(), WITHIN)
        proves = known_vendors()[vendor].model_validate(sandbox.callers[vendor].settings())
        await proves.verify(call)
        [report] = proves.read(call)
        assert isinstance(report, Report)
        return report


@pytest.fixture
async def listener() -> AsyncGenerator[Listener]:
    listening = Listener()
    async with serving(Starlette(routes=[Route("/{path}", listening.take, methods=["POST"])]), 0) as port:
        listening.url = f"http://127.0.0.1:{port}"
        yield listening


@pytest.fixture
async def box(tmp_path: Path, listener: Listener) -> AsyncGenerator[Sandbox]:
    async with Sandbox.start(state_dir=tmp_path) as running:
        running.reactions.addresses.update(dict.fromkeys(running.callers, f"{listener.url}/hook"))
        yield running


def arrives(box: Sandbox, number: int = 1, vendor: str = "whatsapp", recipient: str = PHONE) -> None:
    """A message that a vendor took."""
    box.mailbox.add("whatsapp", recipient, f"d_{number}", f"v_{number}", "hello", {}, vendor)


async def test_a_recipient_does_in_order_what_was_asked(box: Sandbox, listener: Listener) -> None:
    box.reactions.add(Reaction(does=("delivered", "opened", "replied"), recipient=PHONE, after=0))

    arrives(box)

    told = [await listener.hears(box, "whatsapp") for _ in range(3)]
    assert [(report.told, report.address) for report in told] == [
        ("delivered", PHONE),
        ("opened", PHONE),
        ("replied", PHONE),
    ]
    assert {report.delivery_id for report in told[:2]} == {"d_1"}


async def test_twilio_echoes_what_stands_in_the_address_that_came_with_the_message(
    box: Sandbox, listener: Listener
) -> None:
    box.reactions.add(Reaction(does=("delivered",), after=0))
    sms = TwilioSms.model_validate(
        {
            "account_sid": box.twilio.account_sid,
            "auth_token": box.twilio.auth_token,
            "sender": box.twilio.sender,
            "status_callback": f"{listener.url}/hook",
            "url": box.http_url,
        }
    )

    await sms.send(sms.prepare(rendered("sms"), PHONE, "d_7"), "d_7")

    report = await listener.hears(box, "twilio")
    assert (report.told, report.delivery_id) == ("delivered", "d_7")
    await sms.close()


async def opened_of(box: Sandbox, listener: Listener, seed: int) -> list[str]:
    """Which of 20 messages are opened when a third is."""
    box.reactions.rules.clear()
    box.reactions.add(Reaction(does=("opened",), share=0.3, seed=seed, after=0))
    for number in range(20):
        arrives(box, number)
    [rule] = box.reactions.rules
    return sorted([(await listener.hears(box, "whatsapp")).delivery_id for _ in range(rule.done)])


async def test_a_share_is_drawn_the_same_for_the_same_seed(box: Sandbox, listener: Listener) -> None:
    first, again, other = [await opened_of(box, listener, seed) for seed in (7, 7, 8)]

    assert first == again != other
    assert 0 < len(first) < 20


async def test_it_is_asked_for_over_http_and_shows_what_came_of_it(box: Sandbox, listener: Listener) -> None:
    async with httpx.AsyncClient(base_url=box.http_url) as client:
        wrong = await client.post("/reactions", json={"does": ["sneezed"]})
        away = await client.put("/webhook-addresses", json={"whatsapp": "https://shop.example/hook"})
        await client.post("/reactions", json={"does": ["opened"], "after": 0, "times": 1})
        arrives(box, 1)
        arrives(box, 2)
        await listener.hears(box, "whatsapp")
        await asyncio.gather(*box.reactions.acting)
        shown = (await client.get("/reactions")).json()
        await client.delete("/reactions")

    assert (wrong.status_code, wrong.json()["problems"]) == (400, ["no vendor tells 'sneezed'"])
    assert (away.status_code, "complained" in json.dumps(wrong.json()["words"])) == (400, True)
    assert [told["answer"] for told in shown["told"]] == ["200"]
    assert (shown["reactions"][0]["done"], box.reactions.rules) == (1, [])
