"""Each error of SendGrid, Postmark and SES, answered as they answer it, and what it means for the mail."""

from collections.abc import Callable
from datetime import timedelta
from email import message_from_string
from typing import Any

import pytest

from activities.channels import postmark, sendgrid, ses
from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater
from sandbox.mailbox import Message
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]

ADA = "ada@shoppers.example"
VENDORS = ("sendgrid", "postmark", "ses")
REFUSED: dict[tuple[str, Any], str] = {
    **dict.fromkeys((("sendgrid", 400), ("sendgrid", 413)), "fix_content"),
    **dict.fromkeys((("sendgrid", status) for status in (401, 403, 404, 405)), "stop_channel"),
    **dict.fromkeys((("postmark", code) for code in (10, 400, 401, 405, 413)), "stop_channel"),
    ("postmark", 412): "fix_configuration",
    ("postmark", 406): "deactivate_address",
    **dict.fromkeys((("postmark", code) for code in (300, 402, 403, 409, 410, 411)), "fix_content"),
    **dict.fromkeys((("ses", kind) for kind in ("MessageRejected", "BadRequestException")), "fix_content"),
    **dict.fromkeys(
        (
            ("ses", kind)
            for kind in (
                "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException",
                "NotFoundException", "UnrecognizedClientException", "InvalidClientTokenId",
                "AccessDeniedException", "SignatureDoesNotMatch", "InvalidSignatureException",
                "IncompleteSignature", "ExpiredTokenException", "MissingAuthenticationToken", "OptInRequired",
            )
        ),
        "stop_channel",
    ),
}  # fmt: skip
RETRIED: dict[tuple[str, Any], timedelta | None] = {
    ("sendgrid", 429): None,
    ("sendgrid", 500): None,
    ("sendgrid", 503): timedelta(minutes=1),
    ("postmark", 100): timedelta(minutes=1),  # maintenance is told with 503
    ("postmark", 429): timedelta(minutes=1),
    ("ses", "TooManyRequestsException"): None,
    ("ses", "ThrottlingException"): None,
    ("ses", "LimitExceededException"): timedelta(minutes=5),
    ("ses", "InternalServiceErrorException"): None,
    ("ses", "InternalFailure"): None,
    ("ses", "ServiceUnavailable"): timedelta(minutes=1),
}


async def send(provider: Provider, recipient: str = ADA) -> str:
    return await provider.send(provider.prepare(rendered("email"), recipient, "d_1"), "d_1")


def test_every_code_in_the_tables_has_an_example_here() -> None:
    tables = {"sendgrid": sendgrid._ERRORS, "postmark": postmark._ERRORS, "ses": ses._ERRORS}

    assert {(name, code) for name, table in tables.items() for code in table} == REFUSED.keys() | RETRIED.keys()


@pytest.mark.parametrize(("vendor", "code"), REFUSED)
async def test_refused_for_good(
    vendor: str, code: int | str, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=ADA, answer=code)

    with pytest.raises(Refused) as refused:
        await send(make_provider(vendor))

    assert (refused.value.code, refused.value.remedy) == (f"{vendor}.{code}", REFUSED[vendor, code])
    assert sandbox.mailbox.messages == []


@pytest.mark.parametrize(("vendor", "code"), RETRIED)
async def test_tried_again_later(
    vendor: str, code: int | str, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=ADA, answer=code)

    with pytest.raises(RetryLater) as later:
        await send(make_provider(vendor))

    if (vendor, code) == ("sendgrid", 429):  # it always says until when
        assert later.value.after is not None
        assert later.value.after <= timedelta(seconds=1)
    else:
        assert (later.value.code, later.value.after) == (f"{vendor}.{code}", RETRIED[vendor, code])


async def test_sendgrids_limit_is_waited_for_until_it_resets(
    make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=ADA, answer=429, retry_after=90)

    with pytest.raises(RetryLater) as later:
        await send(make_provider("sendgrid"))

    assert later.value.after is not None
    assert timedelta(seconds=80) < later.value.after <= timedelta(seconds=90)


async def test_a_recipient_that_sendgrid_takes_for_no_address_is_not_used_again(
    make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=ADA, answer="400 personalizations.0.to.0.email")

    with pytest.raises(Refused) as refused:
        await send(make_provider("sendgrid"))

    assert refused.value.remedy == "deactivate_address"


async def test_a_recipient_whom_postmark_keeps_silent_is_not_named_in_the_reason(
    make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=ADA, answer=406)

    with pytest.raises(Refused) as refused:
        await send(make_provider("postmark"))

    assert refused.value.reason.endswith("Found inactive addresses: the recipient.")


async def test_a_full_day_at_ses_is_not_hammered_upon(make_provider: MakeProvider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=ADA, answer="TooManyRequestsException: Daily message quota exceeded.")

    with pytest.raises(RetryLater) as later:
        await send(make_provider("ses"))

    assert later.value.after == timedelta(hours=1)


@pytest.mark.parametrize(
    ("vendor", "code", "remedy"),
    [
        ("sendgrid", "sendgrid.403", "stop_channel"),
        ("postmark", "postmark.400", "stop_channel"),
        ("ses", "ses.MessageRejected", "fix_configuration"),  # it says the same of a recipient, to new accounts
    ],
)
async def test_a_sender_that_the_account_does_not_have_is_for_ops_to_fix(
    vendor: str, code: str, remedy: str, make_provider: MakeProvider
) -> None:
    with pytest.raises(Refused) as refused:
        await send(make_provider(vendor, sender="Shop <hello@elsewhere.example>"))

    assert (refused.value.code, refused.value.remedy) == (code, remedy)


@pytest.mark.parametrize(("vendor", "code"), [("sendgrid", 418), ("postmark", 1300), ("ses", "TeapotException")])
async def test_a_code_that_is_in_no_manual_is_no_success(
    vendor: str, code: int | str, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=ADA, answer=code)

    with pytest.raises(Refused) as refused:
        await send(make_provider(vendor))

    assert refused.value.remedy == "fix_configuration"


async def received(vendor: str, make_provider: MakeProvider, sandbox: Sandbox, marketing: bool = True) -> Message:
    provider = make_provider(vendor)
    await provider.send(provider.prepare(rendered("email", marketing=marketing), ADA, "d_1"), "d_1")
    return sandbox.mailbox.messages[-1]


@pytest.mark.parametrize("vendor", VENDORS)
async def test_marketing_can_be_unsubscribed_with_one_click_and_replies_name_the_delivery(
    vendor: str, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    mail = await received(vendor, make_provider, sandbox)

    headers = mail.content["headers"]
    assert headers["List-Unsubscribe"] == "<http://127.0.0.1:8080/u/dGhlLXRva2Vu>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Message-ID"] == "<d_1@mail.northwind.example>"
    assert (mail.title, mail.content["html"], mail.content["text"]) == (
        "Still thinking about the Keb jacket?",
        "<html><body><p>It is still here, for <b>129,90 €</b>.</p></body></html>" + "\n" * (vendor == "ses"),
        "It is still here, for 129,90 €.\n",
    )


@pytest.mark.parametrize(("marketing", "stream"), [(True, "broadcast"), (False, "outbound")])
async def test_postmark_gets_marketing_apart_and_keeps_our_message_id(
    marketing: bool, stream: str, make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    mail = await received("postmark", make_provider, sandbox, marketing)

    assert mail.content["request"]["MessageStream"] == stream
    assert mail.content["headers"]["X-PM-KeepID"] == "true"


async def test_vendors_track_nobody_unless_they_are_told_to(make_provider: MakeProvider, sandbox: Sandbox) -> None:
    for_sendgrid = (await received("sendgrid", make_provider, sandbox)).content["request"]["tracking_settings"]
    for_postmark = (await received("postmark", make_provider, sandbox)).content["request"]

    assert not any(setting["enable"] for setting in for_sendgrid.values())
    assert (for_postmark["TrackOpens"], for_postmark["TrackLinks"]) == (False, "None")


async def test_ses_gets_the_very_mail_that_a_mail_server_would(
    make_provider: MakeProvider, sandbox: Sandbox
) -> None:
    by_ses = message_from_string((await received("ses", make_provider, sandbox)).content["source"])
    by_smtp = message_from_string((await received("smtp", make_provider, sandbox)).content["source"])
    del by_ses["Date"], by_smtp["Date"]

    assert by_ses.as_string() == by_smtp.as_string()


async def test_a_yes_without_an_id_is_no_certainty(make_provider: MakeProvider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=ADA, answer="garbled")

    with pytest.raises(OutcomeUnknown, match=r"^ses\.no_id"):
        await send(make_provider("ses"))
