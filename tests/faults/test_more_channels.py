"""SMS, web push and the shop's own inbox through the whole of a delivery, and what their refusals teach."""

from datetime import timedelta
from typing import Any

import pytest

from journeys.parts import Offer
from store.tables import Address, ConsentRecord, SurfaceMessage
from tests.faults.sending import NOON, OFFER, Sending, Shopper, key_of
from workflows.ports import Denied, Rejected, Sent

CHANNELS = """channels:
  inbox: {provider: surface}
  sms:
    provider: twilio_sms
    account_sid: ${TWILIO_ACCOUNT_SID}
    auth_token: ${TWILIO_AUTH_TOKEN}
    sender: ${TWILIO_SENDER}
    status_callback: https://journeys.northwind.example/webhooks/twilio
    url: ${TWILIO_URL}
  web_push:
    provider: web_push
    private_key: ${WEBPUSH_PRIVATE_KEY}
    contact: mailto:ops@northwind.example
    local_service: ${WEBPUSH_LOCAL_SERVICE}
"""
CONTENT = {
    "inbox": "title: Still thinking about it?\naction_url: '{{ event.url }}'\naction_label: Look again\n",
    "sms": "text: 'Northwind: still thinking about it? Stop: reply STOP'\n",
    "web_push": "title: Still thinking about it?\nbody: It is still here.\n",
}


@pytest.fixture
def shop(small_sending: Sending) -> Sending:
    """The retail shop with three more channels and a reminder for each."""
    for channel, text in CONTENT.items():
        file = small_sending.folder / "content" / "browse-reminder" / f"{channel}.yaml.j2"
        file.write_text(f"---\nlanguage: en\n---\n{text}", encoding="utf-8")
    small_sending.edit("sojourn.yaml", "channels:\n", CHANNELS)
    return small_sending


async def lena(shop: Sending, browser: str = "lena") -> Shopper:
    """Someone who allows the three channels and subscribed with a browser."""
    shopper = await shop.shopper("lena", sms=True, web_push=True, inbox=True)
    subscription = shop.sandbox.web_push.subscribe(browser)
    async with shop.database.transaction() as session:
        session.add(Address(customer_id=shopper.id, kind="web_push", value=subscription, updated_at=NOON))
    return shopper


def over(channel: str, step_id: str = "reminder") -> dict[str, Any]:
    return {"channels": (channel,), "step_id": step_id}


@pytest.mark.parametrize("channel", ["sms", "web_push"])
async def test_a_message_leaves_once(channel: str, shop: Sending) -> None:
    request = shop.request(await lena(shop), **over(channel))

    assert isinstance(await shop.deliver(request), Sent)
    assert isinstance(await shop.deliver(request, attempt=2), Sent)

    assert shop.received(request) == 1


async def test_an_sms_that_does_not_say_who_sends_it_stays_and_one_that_does_leaves(shop: Sending) -> None:
    shopper = await lena(shop)
    named = {"policies": {"sms_identification": {}}} | over("sms")
    briefly = {"policies": {"sms_identification": {"brand": "Northwind"}}} | over("sms")

    denied = await shop.deliver(shop.request(shopper, **named))

    assert denied == Denied(reason="the SMS does not say that 'Northwind Outdoor' sends it")
    assert isinstance(await shop.deliver(shop.request(shopper, "run-2", **briefly)), Sent)


async def test_while_the_settings_of_one_channel_are_wrong_the_next_one_is_used(shop: Sending) -> None:
    ada, ben = await lena(shop), await shop.shopper("ben", sms=True)
    shop.sandbox.faults.add(recipient=ada.email, answer="535 5.7.8 bad credentials")
    requests = [shop.request(shopper, channels=("email", "sms")) for shopper in (ada, ben)]

    results = [await shop.deliver(request) for request in requests]

    assert [result.channel for result in results] == ["sms", "sms"]  # the second is spared the question
    assert [(await shop.delivery(request)).attempts for request in requests] == [2, 1]
    only_email = shop.request(ben, channels=("email",), step_id="offer")
    assert (await shop.put_off(only_email)).type == "channel.paused"


async def test_the_inbox_reaches_a_customer_without_any_address(shop: Sending) -> None:
    request = shop.request(await lena(shop), **over("inbox"))

    assert isinstance(await shop.deliver(request), Sent)
    assert isinstance(await shop.deliver(request, attempt=2), Sent)

    [message] = await shop.rows(SurfaceMessage)
    assert (message.id, message.customer_id, message.surface) == (key_of(request), "c_lena", "inbox")
    assert message.content["action_url"] == request.start.properties["url"]


async def test_a_browser_that_is_gone_is_not_tried_again(shop: Sending) -> None:
    shopper = await lena(shop, browser="lena-410")

    first = await shop.deliver(shop.request(shopper, **over("web_push")))
    second = await shop.deliver(shop.request(shopper, **over("web_push", "second_look")))

    assert isinstance(first, Rejected)
    assert first.code == "web_push.410"
    assert second == Denied(reason="the customer has no web push")


async def test_who_wrote_stop_gets_no_more_texts_but_other_channels_go_on(shop: Sending) -> None:
    shopper = await lena(shop)
    shop.sandbox.faults.add(recipient=shopper.phone, answer=21610)

    first = await shop.deliver(shop.request(shopper, **over("sms")))
    later = {**over("sms", "second_look"), "now": NOON + timedelta(days=2)}
    second = await shop.deliver(shop.request(shopper, **later))

    assert isinstance(first, Rejected)
    assert second == Denied(reason="the customer withdrew consent to marketing by sms")
    consents = {row.channel: (row.granted, row.source) for row in await shop.rows(ConsentRecord)}
    assert consents["sms"] == (False, "twilio_sms.21610")
    assert consents["whatsapp"] == (True, "test")


async def test_who_stopped_marketing_at_whatsapp_is_asked_no_more(shop: Sending) -> None:
    shopper = await lena(shop)
    shop.sandbox.faults.add(recipient=shopper.phone, answer=131050)

    result = await shop.deliver(shop.request(shopper, **OFFER | {"offer": Offer(discount=2)}))

    assert isinstance(result, Rejected)
    assert result.code == "whatsapp_cloud.131050"
    assert not {row.channel: row.granted for row in await shop.rows(ConsentRecord)}["whatsapp"]


async def test_a_text_goes_to_the_countries_that_are_named_and_to_no_other(shop: Sending) -> None:
    shopper = await lena(shop)  # her number is a German one
    abroad = await shop.deliver(
        shop.request(shopper, policies={"destinations": {"countries": ["AT"]}}, **over("sms"))
    )
    assert abroad == Denied(reason="'sms' to numbers of DE is not among the destinations")
    home = shop.request(shopper, "run-2", policies={"destinations": {"countries": ["AT", "DE"]}}, **over("sms"))
    assert isinstance(await shop.deliver(home), Sent)
