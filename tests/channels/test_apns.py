"""Each reason that Apple documents, answered as Apple answers it, and what it means for the notification."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from activities.channels import apns
from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]

TOKEN = "ada0" * 16
REFUSED = {
    **dict.fromkeys(
        ("BadDeviceToken", "DeviceTokenNotForTopic", "Unregistered", "ExpiredToken"), "deactivate_address"
    ),
    **dict.fromkeys(
        (
            "BadCertificate", "BadCertificateEnvironment", "Forbidden", "InvalidProviderToken",
            "MissingProviderToken", "UnrelatedKeyIdInToken", "BadEnvironmentKeyIdInToken", "BadTopic",
            "MissingTopic", "TopicDisallowed", "BadPath", "MethodNotAllowed",
        ),
        "stop_channel",
    ),
    **dict.fromkeys(
        (
            "BadCollapseId", "BadExpirationDate", "BadMessageId", "BadPriority", "DuplicateHeaders",
            "InvalidPushType", "MissingDeviceToken", "PayloadEmpty", "PayloadTooLarge",
        ),
        "fix_content",
    ),
}  # fmt: skip
RETRIED = {
    **dict.fromkeys(("IdleTimeout", "InternalServerError", "ServiceUnavailable", "Shutdown"), None),
    "TooManyRequests": timedelta(minutes=1),
    "TooManyProviderTokenUpdates": timedelta(minutes=20),
}


@pytest.fixture
def provider(make_provider: MakeProvider) -> Provider:
    return make_provider("apns")


async def send(provider: Provider, delivery_id: str = "d_1", **fields: object) -> str:
    return await provider.send(provider.prepare(rendered("push", **fields), TOKEN, delivery_id), delivery_id)


def test_every_reason_in_the_table_has_an_example_here() -> None:
    assert apns._ERRORS.keys() == REFUSED.keys() | RETRIED.keys() | {"ExpiredProviderToken"}


@pytest.mark.parametrize(("reason", "remedy"), REFUSED.items())
async def test_refused_for_good(reason: str, remedy: str, provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=TOKEN, answer=reason)

    with pytest.raises(Refused) as refused:
        await send(provider)

    assert (refused.value.code, refused.value.remedy) == (f"apns.{reason}", remedy)
    assert sandbox.mailbox.messages == []


@pytest.mark.parametrize(("reason", "after"), RETRIED.items())
async def test_tried_again_later(
    reason: str, after: timedelta | None, provider: Provider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=TOKEN, answer=reason)

    with pytest.raises(RetryLater) as later:
        await send(provider)

    assert (later.value.code, later.value.after) == (f"apns.{reason}", after)


async def test_a_reason_that_is_in_no_manual_is_no_success(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=TOKEN, answer="BadHair")

    with pytest.raises(Refused, match=r"^apns\.BadHair"):
        await send(provider)


async def test_one_provider_token_serves_many_notifications(provider: Provider, sandbox: Sandbox) -> None:
    for number in range(5):
        await send(provider, f"d_{number}")

    assert sandbox.apns.tokens_seen == 1


async def test_a_provider_token_that_apple_takes_for_too_old_is_renewed_once(
    provider: Provider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=TOKEN, answer="ExpiredProviderToken")
    await send(provider)
    sandbox.faults.add(recipient=TOKEN, answer="ExpiredProviderToken", times=2)

    with pytest.raises(Refused, match=r"^apns\.ExpiredProviderToken") as refused:
        await send(provider)

    assert refused.value.remedy == "stop_channel"
    assert len(sandbox.mailbox.messages) == 1


async def test_the_same_delivery_has_the_same_id_and_replaces_itself_on_the_screen(
    provider: Provider, sandbox: Sandbox
) -> None:
    assert await send(provider) == await send(provider)

    first, second = (message.content["headers"] for message in sandbox.mailbox.messages)
    assert first["apns-collapse-id"] == second["apns-collapse-id"] == "d_1"


async def test_the_app_is_given_what_is_shown_and_the_data(provider: Provider, sandbox: Sandbox) -> None:
    await send(provider)

    assert sandbox.mailbox.messages[0].content["payload"] == {
        "aps": {"alert": {"title": "Still warm?", "body": "Two left in your size."}, "sound": "default"},
        "url": "shop://product/keb",
        "delivery_id": "d_1",
    }


async def test_a_server_that_cannot_be_told_from_a_proxy_leaves_the_outcome_open(
    provider: Provider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=TOKEN, answer="garbled")

    with pytest.raises(OutcomeUnknown, match=r"^apns\.no_id"):
        await send(provider)


@pytest.mark.parametrize(
    ("fields", "code"), [({"body": "ü" * 2048}, "apns.too_large"), ({"data": {"aps": "x"}}, "apns.reserved_key")]
)
def test_what_apple_would_never_take_is_refused_before_sending(
    fields: dict[str, object], code: str, provider: Provider
) -> None:
    with pytest.raises(Refused) as refused:
        provider.prepare(rendered("push", **fields), TOKEN, "d_1")

    assert (refused.value.code, refused.value.remedy) == (code, "fix_content")
