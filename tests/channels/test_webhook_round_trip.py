"""What a vendor was sent is what its webhook tells of: the id it echoes is the delivery's."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from activities.channels.model import Provider
from sandbox.callbacks.model import About
from sandbox.server import Sandbox
from starter.webhooks.model import Call, Report
from starter.webhooks.registry import known_vendors
from tests.channels.conftest import REMOTE
from tests.channels.messages import RECIPIENTS, rendered

MakeProvider = Callable[..., Provider]


@pytest.mark.parametrize("name", sorted(known_vendors()))
async def test_the_vendor_tells_of_the_very_delivery(
    name: str, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    # A provider begins with the name of its vendor: twilio_sms.
    [sends] = [provider for provider in REMOTE if provider.startswith(name)]
    provider, caller = make_provider(sends), sandbox.callers[name]
    recipient = RECIPIENTS[provider.address_kind]
    provider_id = await provider.send(provider.prepare(rendered(provider.channel), recipient, "d_1"), "d_1")
    [kept] = sandbox.mailbox.messages

    url = f"https://journeys.northwind.example/webhooks/x?delivery_id={kept.delivery_id}"
    now = datetime.now(UTC)
    signed = caller.call(url, "delivered", About(kept.delivery_id, kept.vendor_id, kept.recipient, now))
    vendor = known_vendors()[name].model_validate(caller.settings())
    call = Call(url, {header.lower(): value for header, value in signed.headers.items()}, signed.body, now)
    await vendor.verify(call)
    [report] = vendor.read(call)

    assert isinstance(report, Report)
    assert (report.told, report.delivery_id, report.provider_id) == ("delivered", "d_1", provider_id)
