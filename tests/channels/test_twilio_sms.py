"""Each error that Twilio documents, answered as Twilio answers it, and what it means for the message."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from activities.channels import twilio_sms
from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]

PHONE = "+4917012345678"
REMEDIES = {
    **dict.fromkeys((20003, 20404, 21212, 21603, 21606), "stop_channel"),
    21408: "fix_configuration",
    **dict.fromkeys((21211, 21217, 21614), "deactivate_address"),
    **dict.fromkeys((21602, 21605, 21617, 21656), "fix_content"),
    21610: "withdraw_consent",
    21612: "none",
}
TEST_NUMBERS = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
RETRIED = {20429: timedelta(seconds=30), 21611: timedelta(minutes=5)}


@pytest.fixture
def provider(make_provider: MakeProvider) -> Provider:
    return make_provider("twilio_sms")


async def send(provider: Provider, recipient: str = PHONE, text: str = "Hello") -> str:
    return await provider.send(provider.prepare(rendered("sms", text=text), recipient, "d_1"), "d_1")


def test_every_code_in_the_table_has_an_example_here() -> None:
    assert twilio_sms._ERRORS.keys() == REMEDIES.keys() | RETRIED.keys()


@pytest.mark.parametrize(("code", "remedy"), REMEDIES.items())
async def test_refused_for_good(code: int, remedy: str, provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=PHONE, answer=code)

    with pytest.raises(Refused) as refused:
        await send(provider)

    assert (refused.value.code, refused.value.remedy) == (f"twilio_sms.{code}", remedy)
    assert sandbox.mailbox.messages == []


@pytest.mark.parametrize(("code", "after"), RETRIED.items())
async def test_tried_again_later(code: int, after: timedelta, provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=PHONE, answer=code)

    with pytest.raises(RetryLater) as later:
        await send(provider)

    assert (later.value.code, later.value.after) == (f"twilio_sms.{code}", after)


async def test_the_wait_that_twilio_asks_for_goes_before_the_manual(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=PHONE, answer=429, retry_after=7)

    with pytest.raises(RetryLater) as later:
        await send(provider)

    assert later.value.after == timedelta(seconds=7)


async def test_after_an_error_of_the_server_the_message_may_have_left(
    provider: Provider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=PHONE, answer=20500)

    with pytest.raises(OutcomeUnknown, match=r"^twilio_sms\.20500"):
        await send(provider)


async def test_a_code_that_is_not_in_the_manual_is_no_success(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=PHONE, answer=29999)

    with pytest.raises(Refused, match=r"^twilio_sms\.29999"):
        await send(provider)


@pytest.mark.parametrize(("number", "code"), TEST_NUMBERS.items())
async def test_twilios_own_test_numbers_get_their_errors(number: str, code: int, provider: Provider) -> None:
    with pytest.raises(Refused, match=rf"^twilio_sms\.{code}"):
        await send(provider, number)


async def test_a_sender_that_is_not_the_accounts_is_for_ops_to_fix(make_provider: MakeProvider) -> None:
    with pytest.raises(Refused) as refused:
        await send(make_provider("twilio_sms", sender="+15005550007"))

    assert (refused.value.code, refused.value.remedy) == ("twilio_sms.21606", "stop_channel")


async def test_a_messaging_service_may_send(make_provider: MakeProvider, sandbox: Sandbox) -> None:
    await send(make_provider("twilio_sms", sender=f"MG{'0' * 32}"))

    [received] = sandbox.mailbox.messages
    assert received.content["request"]["MessagingServiceSid"] == f"MG{'0' * 32}"
    assert "From" not in received.content["request"]


async def test_another_account_is_for_ops_to_fix(make_provider: MakeProvider) -> None:
    with pytest.raises(Refused) as refused:
        await send(make_provider("twilio_sms", account_sid=f"AC{'0' * 32}"))

    assert refused.value.remedy == "stop_channel"


async def test_reports_name_the_delivery(provider: Provider, sandbox: Sandbox) -> None:
    message = provider.prepare(rendered("sms"), PHONE, "d&1=?")

    await provider.send(message, "d&1=?")

    [received] = sandbox.mailbox.messages
    callback = received.content["request"]["StatusCallback"]
    assert callback == "https://journeys.northwind.example/webhooks/twilio?delivery_id=d%261%3D%3F"
    assert received.delivery_id == "d&1=?"


@pytest.mark.parametrize("text", ["é" * 1600, "one\ntwo", "✨" * 1600, "😀" * 800])
async def test_the_longest_text_arrives_as_it_is(text: str, provider: Provider, sandbox: Sandbox) -> None:
    await send(provider, text=text)

    assert sandbox.mailbox.messages[0].content["shown"] == text


@pytest.mark.parametrize("text", ["x" * 1601, "😀" * 801])
def test_a_text_that_is_too_long_is_refused_before_sending(text: str, provider: Provider) -> None:
    with pytest.raises(Refused) as refused:
        provider.prepare(rendered("sms", text=text), PHONE, "d_1")

    assert (refused.value.code, refused.value.remedy) == ("twilio_sms.too_long", "fix_content")
