"""Each error that Meta documents, answered as the Cloud API answers it, and what it means for the message."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from activities.channels import whatsapp_cloud
from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]

PHONE = "+4917012345678"
STOP_CHANNEL = [
    0, 3, 10, 33, 190, 368, 131005, 131031, 131037, 131042, 131044, 131048, 131064, *range(200, 300),
]  # fmt: skip
FIX_CONFIGURATION = [130497, 131030, 131062, 131063]
FIX_CONTENT = [
    100, 131008, 131009, 131047, 131051, 132000, 132001, 132005, 132007, 132008, 132012, 132015,
    132016, 132068, 132069,
]  # fmt: skip
JUST_REFUSED = [130472, 131021, 131049, 137000]
DEACTIVATE = [131026]
RETRIED = {
    1: None, 2: None, 4: timedelta(minutes=1), 80007: timedelta(minutes=1), 130429: None, 131000: None,
    131016: None, 131052: None, 131053: None, 131056: timedelta(seconds=6), 131057: None, 135000: None,
}  # fmt: skip
REMEDIES = {
    **dict.fromkeys(STOP_CHANNEL, "stop_channel"),
    **dict.fromkeys(FIX_CONFIGURATION, "fix_configuration"),
    **dict.fromkeys(FIX_CONTENT, "fix_content"),
    **dict.fromkeys(JUST_REFUSED, "none"),
    **dict.fromkeys(DEACTIVATE, "deactivate_address"),
    131050: "withdraw_consent",
}
# The manual gives 200 to 299 as one entry.
ONE_BY_ONE = {code: remedy for code, remedy in REMEDIES.items() if code not in range(201, 299)}


@pytest.fixture
def provider(make_provider: MakeProvider) -> Provider:
    return make_provider("whatsapp_cloud")


async def send(provider: Provider, recipient: str = PHONE) -> str:
    return await provider.send(provider.prepare(rendered("whatsapp"), recipient, "d_1"), "d_1")


def test_every_code_in_the_table_has_an_example_here() -> None:
    assert whatsapp_cloud._ERRORS.keys() == REMEDIES.keys() | RETRIED.keys()


@pytest.mark.parametrize(("code", "remedy"), ONE_BY_ONE.items())
async def test_refused_for_good(code: int, remedy: str, provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=PHONE, answer=code)

    with pytest.raises(Refused) as refused:
        await send(provider)

    assert (refused.value.code, refused.value.remedy) == (f"whatsapp_cloud.{code}", remedy)
    assert sandbox.mailbox.messages == []


@pytest.mark.parametrize(("code", "after"), RETRIED.items())
async def test_tried_again_later(code: int, after: timedelta | None, provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=PHONE, answer=code)

    with pytest.raises(RetryLater) as later:
        await send(provider)

    assert (later.value.code, later.value.after) == (f"whatsapp_cloud.{code}", after)


async def test_a_number_may_ask_for_its_error_by_itself(provider: Provider) -> None:
    with pytest.raises(Refused, match=r"^whatsapp_cloud\.131026"):
        await send(provider, "+15559131026")


async def test_a_code_that_is_not_in_the_manual_is_no_success(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=PHONE, answer=999999)

    with pytest.raises(Refused, match=r"^whatsapp_cloud\.999999"):
        await send(provider)


async def test_a_wrong_sending_number_is_told(make_provider: MakeProvider, sandbox: Sandbox) -> None:
    provider = make_provider("whatsapp_cloud", phone_number_id="123")

    with pytest.raises(Refused, match="Object with ID '123' does not exist"):
        await send(provider)


async def test_an_address_that_is_not_the_api_is_for_ops_to_fix(
    make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    provider = make_provider("whatsapp_cloud", url=f"{sandbox.http_url}/some/where/else")

    with pytest.raises(Refused) as refused:
        await send(provider)

    assert (refused.value.code, refused.value.remedy) == ("whatsapp_cloud.http_404", "fix_configuration")


async def test_the_recipient_reads_the_template_with_its_parameters(provider: Provider, sandbox: Sandbox) -> None:
    await send(provider)

    [received] = sandbox.mailbox.messages
    assert received.content["shown"] == "Hello Ada, your code is KEB10."
    assert received.content["request"]["biz_opaque_callback_data"] == "d_1"


async def test_a_template_that_meta_does_not_know_is_content_to_fix(provider: Provider) -> None:
    message = provider.prepare(rendered("whatsapp", template="unheard_of"), PHONE, "d_1")

    with pytest.raises(Refused, match=r"^whatsapp_cloud\.132001") as refused:
        await provider.send(message, "d_1")

    assert refused.value.remedy == "fix_content"


async def test_a_missing_parameter_is_content_to_fix(provider: Provider) -> None:
    message = provider.prepare(rendered("whatsapp", parameters=["Ada"]), PHONE, "d_1")

    with pytest.raises(Refused, match=r"^whatsapp_cloud\.132000"):
        await provider.send(message, "d_1")


@pytest.mark.parametrize("text", ["two\nlines", "a\ttab", "five     spaces", "   "])
def test_parameters_that_break_a_template_are_refused_before_sending(text: str, provider: Provider) -> None:
    with pytest.raises(Refused) as refused:
        provider.prepare(rendered("whatsapp", parameters=["Ada", text]), PHONE, "d_1")

    assert refused.value.remedy == "fix_content"


async def test_the_accident_is_unknown_even_when_meta_is_the_one_that_cannot_answer(
    provider: Provider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=PHONE, answer="gateway")

    with pytest.raises(OutcomeUnknown, match=r"^whatsapp_cloud\.http_502"):
        await send(provider)
