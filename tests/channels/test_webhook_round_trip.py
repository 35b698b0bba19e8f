"""What a vendor was sent is what its webhook tells of: the id it echoes is the delivery's."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from activities.channels.model import Provider
from sandbox.callbacks.model import About
from sandbox.server import Sandbox
from starter.webhooks.model import Call, Report
from starter.webhooks.registry import known_vendors
from tests.channels.messages import RECIPIENTS, rendered

MakeProvider = Callable[..., Provider]

TELLS = {
    "sendgrid": "sendgrid",
    "postmark": "postmark",
    "ses": "ses",
    "twilio_sms": "twilio",
    "whatsapp_cloud": "whatsapp",
}
"""By provider, the vendor that tells what became of its messages."""


@pytest.mark.parametrize("name", TELLS)
async def test_the_vendor_tells_of_the_very_delivery(
    name: str, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    provider, caller = make_provider(name), sandbox.callers[TELLS[name]]
    recipient = RECIPIENTS[provider.address_kind]
    provider_id = await provider.send(provider.prepare(rendered(provider.channel), recipient, "d_1"), "d_1")
    [kept] = sandbox.mailbox.messages

    url = f"https://journeys.northwind.example/webhooks/x?delivery_id={kept.delivery_id}"
    now = datetime.now(UTC)
    signed = caller.call(url, "delivered", About(kept.delivery_id, kept.vendor_id, kept.recipient, now))
    vendor = known_vendors()[TELLS[name]].model_validate(caller.settings())
    call = Call(url, {header.lower(): value for header, value in signed.headers.items()}, signed.body, now)
    await vendor.verify(call)
    [report] = vendor.read(call)

    assert isinstance(report, Report)
    assert (report.told, report.delivery_id, report.provider_id) == ("delivered", "d_1", provider_id)
