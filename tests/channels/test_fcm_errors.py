"""Each error that FCM documents, answered as Google answers it, and what it means for the message."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from activities.channels import fcm
from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]

REFUSED = {
    "UNREGISTERED": "deactivate_address",
    "INVALID_ARGUMENT": "deactivate_address",
    "SENDER_ID_MISMATCH": "deactivate_address",
    "THIRD_PARTY_AUTH_ERROR": "fix_configuration",
}
RETRIED = {
    "QUOTA_EXCEEDED": timedelta(seconds=60),
    "UNAVAILABLE": None,
    "INTERNAL": None,
    "UNSPECIFIED_ERROR": None,
}


@pytest.fixture
def provider(make_provider: MakeProvider) -> Provider:
    return make_provider("fcm")


async def send(provider: Provider, recipient: str = "token-of-ada") -> str:
    return await provider.send(provider.prepare(rendered("push"), recipient, "d_1"), "d_1")


def test_every_code_in_the_table_has_an_example_here() -> None:
    assert fcm._FCM_ERRORS.keys() == REFUSED.keys() | RETRIED.keys()


@pytest.mark.parametrize(("code", "remedy"), REFUSED.items())
async def test_refused_for_good(code: str, remedy: str, provider: Provider) -> None:
    with pytest.raises(Refused) as refused:
        await send(provider, f"ada:{code}")

    assert (refused.value.code, refused.value.remedy) == (f"fcm.{code}", remedy)


@pytest.mark.parametrize(("code", "after"), RETRIED.items())
async def test_tried_again_later(code: str, after: timedelta | None, provider: Provider) -> None:
    with pytest.raises(RetryLater) as later:
        await send(provider, f"ada:{code}")

    assert (later.value.code, later.value.after) == (f"fcm.{code}", after)


@pytest.mark.parametrize("code", ["QUOTA_EXCEEDED", "UNAVAILABLE"])
async def test_the_wait_that_google_asks_for_goes_before_ours(
    code: str, provider: Provider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient="token-of-ada", answer=code, retry_after=123)

    with pytest.raises(RetryLater) as later:
        await send(provider)

    assert later.value.after == timedelta(seconds=123)


async def test_a_request_that_google_cannot_read_is_not_the_token_s_fault(provider: Provider) -> None:
    message = provider.prepare(rendered("push"), "token-of-ada", "d_1")
    message.body["message"]["unheard_of"] = True

    with pytest.raises(Refused) as refused:
        await provider.send(message, "d_1")

    assert (refused.value.code, refused.value.remedy) == ("fcm.INVALID_ARGUMENT", "fix_content")


async def test_an_unknown_project_is_not_the_token_s_fault(make_provider: MakeProvider, sandbox: Sandbox) -> None:
    provider = make_provider("fcm")
    sandbox.faults.add(recipient="token-of-ada", answer="NOT_FOUND")

    with pytest.raises(Refused) as refused:
        await send(provider)

    assert refused.value.remedy == "stop_channel"


@pytest.mark.parametrize("status", ["PERMISSION_DENIED", "UNAUTHENTICATED"])
async def test_missing_rights_are_for_ops_to_fix(status: str, provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient="token-of-ada", answer=status, times=2)

    with pytest.raises(Refused) as refused:
        await send(provider)

    assert (refused.value.code, refused.value.remedy) == (f"fcm.{status}", "stop_channel")


async def test_a_deadline_inside_google_leaves_the_outcome_unknown(provider: Provider) -> None:
    with pytest.raises(OutcomeUnknown, match=r"^fcm\.DEADLINE_EXCEEDED"):
        await send(provider, "ada:DEADLINE_EXCEEDED")


async def test_exhausted_quota_in_front_of_fcm_is_tried_again_after_a_minute(provider: Provider) -> None:
    with pytest.raises(RetryLater) as later:
        await send(provider, "ada:RESOURCE_EXHAUSTED")

    assert later.value.after == timedelta(seconds=60)


def test_more_than_4096_bytes_are_refused_before_sending(provider: Provider) -> None:
    with pytest.raises(Refused) as refused:
        provider.prepare(rendered("push", body="ü" * 2048), "token-of-ada", "d_1")

    assert (refused.value.code, refused.value.remedy) == ("fcm.too_large", "fix_content")


@pytest.mark.parametrize("key", ["from", "message_type", "google.sent", "gcm.n"])
def test_data_keys_of_fcm_s_own_are_refused(key: str, provider: Provider) -> None:
    with pytest.raises(Refused, match="keeps the data key"):
        provider.prepare(rendered("push", data={key: "x"}), "token-of-ada", "d_1")


async def test_a_duplicate_replaces_what_is_shown(provider: Provider, sandbox: Sandbox) -> None:
    await send(provider)

    content = sandbox.mailbox.messages[0].content
    assert content["android"]["notification"]["tag"] == "d_1"
    assert content["apns"]["headers"]["apns-collapse-id"] == "d_1"
