"""Each refusal of a mail server, and what it means for the mail."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]

ADA = "ada@shoppers.example"
REFUSED = {
    "550 5.1.1 unknown user": "deactivate_address",
    "550 5.1.10 null MX": "deactivate_address",
    "550 5.1.2 bad domain": "deactivate_address",
    "550 5.4.4 no such host": "deactivate_address",
    "550 5.2.1 disabled": "deactivate_address",
    "501 5.1.3 bad syntax": "deactivate_address",
    "553 mailbox name not allowed": "deactivate_address",
    "552 5.3.4 too big": "fix_content",
    "550 5.6.0 malformed": "fix_content",
    "530 5.7.0 sign in first": "stop_channel",
    "535 5.7.8 bad credentials": "stop_channel",
    "550 5.7.1 policy": "fix_configuration",
    "550 5.7.26 unauthenticated mail": "fix_configuration",
    "550 5.7.515 bulk sender not authenticated": "fix_configuration",
    "554 5.7.9 policy": "fix_configuration",
    "550 no": "none",
    "550 no mail from 5.1.1.7": "none",
    "552 over quota or too big": "none",
    "554 no": "none",
}
RETRIED = {
    "421 4.3.2 closing": None,
    "450 4.7.1 greylisted": timedelta(minutes=5),
    "451 4.7.1 throttled": timedelta(minutes=5),
    "450 busy": timedelta(minutes=5),
    "451 local error": timedelta(minutes=5),
    "452 4.2.2 mailbox full": timedelta(hours=1),
    "452 4.5.3 too many recipients": timedelta(hours=1),
    "552 5.2.2 mailbox full": timedelta(hours=1),
    "454 4.7.0 not now": None,
}


@pytest.fixture
def provider(make_provider: MakeProvider) -> Provider:
    return make_provider("smtp")


async def send(provider: Provider, recipient: str = ADA) -> str:
    return await provider.send(provider.prepare(rendered("email"), recipient, "d_1"), "d_1")


@pytest.mark.parametrize(("reply", "remedy"), REFUSED.items())
async def test_refused_for_good(reply: str, remedy: str, provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=ADA, answer=reply)

    with pytest.raises(Refused, match=reply) as refused:
        await send(provider)

    assert refused.value.remedy == remedy
    assert sandbox.mailbox.messages == []


@pytest.mark.parametrize(("reply", "after"), RETRIED.items())
async def test_tried_again_later(
    reply: str, after: timedelta | None, provider: Provider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=ADA, answer=reply)

    with pytest.raises(RetryLater, match=reply) as later:
        await send(provider)

    assert later.value.after == after


async def test_the_code_is_the_enhanced_one_where_there_is_one(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=ADA, answer="550 5.1.1 unknown user")
    with pytest.raises(Refused) as enhanced:
        await send(provider)

    sandbox.faults.add(recipient=ADA, answer="550 unknown user")
    with pytest.raises(Refused) as bare:
        await send(provider)

    assert (enhanced.value.code, bare.value.code) == ("smtp.5.1.1", "smtp.550")


async def test_a_yes_that_no_manual_has_leaves_the_outcome_unknown(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=ADA, answer="299 taken, in a way")

    with pytest.raises(OutcomeUnknown):
        await send(provider)


async def test_the_reason_does_not_name_the_recipient(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=ADA, answer=f"550 5.1.1 <{ADA}>: no such user")

    with pytest.raises(Refused) as refused:
        await send(provider)

    assert refused.value.reason == "550 5.1.1 <the recipient>: no such user"


async def test_a_server_that_wants_authentication_is_for_ops_to_fix(make_provider: MakeProvider) -> None:
    anonymous = make_provider("smtp", username="", password="")

    with pytest.raises(Refused, match="530") as refused:
        await send(anonymous)

    assert refused.value.remedy == "stop_channel"


async def test_a_server_without_tls_is_for_ops_to_fix(make_provider: MakeProvider) -> None:
    careful = make_provider("smtp", tls="starttls")

    with pytest.raises(Refused) as refused:
        await send(careful)

    assert refused.value.remedy == "stop_channel"


async def test_a_greylisted_mail_goes_through_on_the_next_try(provider: Provider, sandbox: Sandbox) -> None:
    with pytest.raises(RetryLater):
        await send(provider, "greylist+ada@shoppers.example")

    await send(provider, "greylist+ada@shoppers.example")

    assert len(sandbox.mailbox.messages) == 1
