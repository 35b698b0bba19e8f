"""How each vendor proves its calls, held against signatures that the vendors' own libraries made."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from sandbox.callbacks.model import Caller
from sandbox.callbacks.sendgrid import SendGridCaller
from sandbox.callbacks.ses import SesCaller
from sandbox.callbacks.whatsapp import WhatsAppCaller
from starter.webhooks.model import Call, Forged, Stale, Vendor
from starter.webhooks.postmark import Postmark
from starter.webhooks.sendgrid import SendGrid
from starter.webhooks.twilio import Twilio
from tests.webhooks.conftest import about, as_call

# Made with twilio 9.13.0's RequestValidator.
TWILIO_TOKEN = "12345678901234567890123456789012"
TWILIO_URL = "https://journeys.northwind.example/webhooks/twilio/k?delivery_id=d_1"
TWILIO_FORM = (
    b"MessageSid=SM1&MessageStatus=delivered&To=%2B15005550010&From=%2B15005550006"
    b"&AccountSid=AC1&Body=Gr%C3%BC%C3%9Fe+%26+more"
)
WITHOUT_PORT, WITH_PORT = "pqUR5OJtDGVhwCUMCaDtoDlol0o=", "qwzI7Zz6NXjdqjqC6nolkFKt+b0="

# Accepted by sendgrid 6.12.5's EventWebhook.
SENDGRID_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIVxjp2WYRhka3/rLaLMZlu6MFXW4GBlOOVDFUOBb+whpd6bkWKWz2W39TjZSuDtC8qWkpnDg8BnwvBS4"
    "hRc0Og=="
)
SENDGRID_SIGNATURE = (
    "MEUCIQDBwfcXDSe/bp2l4geqqGByI2ZEA3FBhRvEf9+fIsRblgIgcIb3Y4drk5Qenf6GrVhB37N6nzWktS3uaC8Ikl6t7GI="
)
SENDGRID_BODY = (
    b'[{"email":"lena@example.com","event":"delivered","timestamp":1767225600,"sg_event_id":"ZGVsaXZlcmVk"}]\r\n'
)
SENT_AT = datetime.fromtimestamp(1767225600, UTC)


def twilio_call(signature: str, url: str = TWILIO_URL) -> Call:
    return Call(url, {"x-twilio-signature": signature}, TWILIO_FORM, datetime.now(UTC))


@pytest.mark.parametrize("signature", [WITHOUT_PORT, WITH_PORT])
async def test_twilio_signs_the_address_with_its_port_or_without(signature: str) -> None:
    vendor = Twilio.model_validate({"auth_token": TWILIO_TOKEN})
    await vendor.verify(twilio_call(signature))
    with pytest.raises(Forged, match="SOJOURN_PUBLIC_URL"):
        await vendor.verify(twilio_call(signature, TWILIO_URL.replace("d_1", "d_2")))


async def test_of_two_secrets_either_proves_a_call() -> None:
    vendor = Twilio.model_validate({"auth_token": ["the new secret", TWILIO_TOKEN]})
    await vendor.verify(twilio_call(WITHOUT_PORT))


def sendgrid_call(received_at: datetime) -> Call:
    headers = {
        "x-twilio-email-event-webhook-signature": SENDGRID_SIGNATURE,
        "x-twilio-email-event-webhook-timestamp": "1767225600",
    }
    return Call("https://shop.example/", headers, SENDGRID_BODY, received_at)


async def test_sendgrid_signs_the_time_and_the_very_bytes() -> None:
    vendor = SendGrid.model_validate({"public_key": SENDGRID_KEY})
    call = sendgrid_call(SENT_AT)
    await vendor.verify(call)
    with pytest.raises(Forged):
        await vendor.verify(replace(call, body=SENDGRID_BODY.rstrip()))


async def test_an_old_call_of_sendgrid_is_refused() -> None:
    vendor = SendGrid.model_validate({"public_key": SENDGRID_KEY, "stale_after": "10m"})
    with pytest.raises(Stale):
        await vendor.verify(sendgrid_call(SENT_AT + timedelta(minutes=11)))


@pytest.mark.parametrize("key", ["not base64!", "", SENDGRID_KEY[:-8]])
def test_a_key_that_is_none_is_refused_when_the_file_is_read(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        SendGrid.model_validate({"public_key": key})


async def test_a_time_that_is_not_signed_is_refused(
    callers: dict[str, Caller], vendors: dict[str, Vendor]
) -> None:
    caller = cast(SendGridCaller, callers["sendgrid"])
    signed = caller.sign(b"[]", int(datetime.now(UTC).timestamp()) - 60)
    call = as_call(signed, "https://shop.example/")
    newer = {**call.headers, "x-twilio-email-event-webhook-timestamp": str(int(datetime.now(UTC).timestamp()))}
    with pytest.raises(Forged):
        await vendors["sendgrid"].verify(replace(call, headers=newer))


async def test_postmark_needs_the_name_too() -> None:
    vendor = Postmark.model_validate({"username": "shop", "password": "correct horse"})
    right, wrong = "Basic c2hvcDpjb3JyZWN0IGhvcnNl", "Basic c2hvcHM6Y29ycmVjdCBob3JzZQ=="
    call = Call("https://shop.example/", {"authorization": right}, b"{}", datetime.now(UTC))
    await vendor.verify(call)
    with pytest.raises(Forged):
        await vendor.verify(replace(call, headers={"authorization": wrong}))


NOTIFICATION = {"Type": "Notification", "Message": "{}", "Timestamp": "2026-01-01T00:00:00.000Z"}
ELSEWHERE = (
    "https://sns.eu-central-1.amazonaws.com.evil.example/cert.pem",
    "https://evil.example/SimpleNotificationService.pem",
    "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService.pem",
    "https://user@sns.eu-central-1.amazonaws.com/SimpleNotificationService.pem",
    "https://s3.eu-central-1.amazonaws.com/bucket/SimpleNotificationService.pem",
    "file:///etc/passwd.pem",
    "https://[::1",
)


@pytest.mark.parametrize("url", ELSEWHERE)
async def test_a_certificate_from_elsewhere_is_not_even_fetched(
    url: str, callers: dict[str, Caller], vendors: dict[str, Vendor]
) -> None:
    signed = cast(SesCaller, callers["ses"]).sign({**NOTIFICATION, "SigningCertURL": url})
    with pytest.raises(Forged, match="not Amazon's"):
        await vendors["ses"].verify(as_call(signed, "https://shop.example/"))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"TopicArn": "arn:aws:sns:eu-central-1:666:mine"}, "topic_arns"),
        ({"SignatureVersion": "1"}, "SignatureVersion"),
        ({"Type": "Invitation"}, "no message of SNS"),
    ],
)
async def test_an_envelope_of_another_kind_is_refused(
    changed: dict[str, str], reason: str, callers: dict[str, Caller], vendors: dict[str, Vendor]
) -> None:
    signed = cast(SesCaller, callers["ses"]).sign({**NOTIFICATION, **changed})
    with pytest.raises(Forged, match=reason):
        await vendors["ses"].verify(as_call(signed, "https://shop.example/"))


async def test_an_old_message_of_sns_is_refused(callers: dict[str, Caller], vendors: dict[str, Vendor]) -> None:
    call = as_call(callers["ses"].call("", "delivered", about("d_1", "m", hours=2)), "https://shop.example/")
    with pytest.raises(Stale):
        await vendors["ses"].verify(call)


async def test_a_subscription_is_confirmed_where_amazon_asks_for_it(
    callers: dict[str, Caller], vendors: dict[str, Vendor]
) -> None:
    amazon = cast(SesCaller, callers["ses"])
    call = as_call(amazon.subscription(datetime.now(UTC)), "https://shop.example/")
    await vendors["ses"].verify(call)
    await vendors["ses"].settle(call)
    assert amazon.confirmed
    assert vendors["ses"].read(call) == []


async def test_a_subscription_is_never_confirmed_elsewhere(
    callers: dict[str, Caller], vendors: dict[str, Vendor]
) -> None:
    asked = {
        "Type": "SubscriptionConfirmation",
        "Message": "visit the SubscribeURL",
        "Token": "t",
        "SubscribeURL": "http://169.254.169.254/latest/meta-data",
        "Timestamp": datetime.now(UTC).isoformat(),
    }
    call = as_call(cast(SesCaller, callers["ses"]).sign(asked), "https://shop.example/")
    await vendors["ses"].verify(call)
    with pytest.raises(Forged, match="SubscribeURL"):
        await vendors["ses"].settle(call)


def test_meta_hears_its_challenge_back_only_for_the_right_word(
    callers: dict[str, Caller], vendors: dict[str, Vendor]
) -> None:
    asked = cast(WhatsAppCaller, callers["whatsapp"]).check("1158201444")
    assert vendors["whatsapp"].challenge(asked) == "1158201444"
    assert vendors["whatsapp"].challenge({**asked, "hub.verify_token": "guess"}) is None
    assert vendors["whatsapp"].challenge({**asked, "hub.mode": "unsubscribe"}) is None
