"""Free texts over WhatsApp: they leave while the customer wrote within 24 hours; else the template goes."""

from collections.abc import Callable
from typing import Any

import pytest

from activities.channels.model import OutgoingMessage, Provider, Refused
from content.rendering import Rendered
from sandbox.server import Sandbox
from starter.console.preview import preview_of
from store.tables import Approval
from tests.channels.messages import TEMPLATES, rendered

MakeProvider = Callable[..., Provider]

PHONE = "+4917012345678"
BOTH = {"text": "The Keb jacket is back. Shall I keep one for you?"}


def text_alone() -> Rendered:
    return rendered("whatsapp").model_copy(update={"fields": BOTH})


@pytest.fixture
def provider(make_provider: MakeProvider) -> Provider:
    return make_provider("whatsapp_cloud")


async def test_within_24_hours_of_the_customers_last_word_the_text_leaves(
    provider: Provider, sandbox: Sandbox
) -> None:
    sandbox.whatsapp.open_windows.add(PHONE.removeprefix("+"))

    await provider.send(provider.prepare(rendered("whatsapp", **BOTH), PHONE, "d_1"), "d_1")

    [message] = sandbox.mailbox.messages
    assert (message.content["shown"], message.delivery_id) == (BOTH["text"], "d_1")


async def test_later_the_template_goes_in_its_place_and_nothing_else(provider: Provider, sandbox: Sandbox) -> None:
    await provider.send(provider.prepare(rendered("whatsapp", **BOTH), PHONE, "d_1"), "d_1")

    [message] = sandbox.mailbox.messages
    assert (message.content["shown"], message.delivery_id) == ("Hello Ada, your code is KEB10.", "d_1")


async def test_a_text_without_a_template_is_refused_when_the_24_hours_are_over(
    provider: Provider, sandbox: Sandbox
) -> None:
    with pytest.raises(Refused, match=r"^whatsapp_cloud\.131047") as refused:
        await provider.send(provider.prepare(text_alone(), PHONE, "d_1"), "d_1")

    assert (refused.value.remedy, sandbox.mailbox.messages) == ("fix_content", [])


async def test_any_other_refusal_of_the_text_is_no_reason_to_send_the_template(
    provider: Provider, sandbox: Sandbox
) -> None:
    sandbox.whatsapp.open_windows.add(PHONE.removeprefix("+"))
    sandbox.faults.add(recipient=PHONE, answer=131050)

    with pytest.raises(Refused, match=r"^whatsapp_cloud\.131050"):
        await provider.send(provider.prepare(rendered("whatsapp", **BOTH), PHONE, "d_1"), "d_1")

    assert sandbox.mailbox.messages == []


@pytest.mark.parametrize(
    "fields", [{}, {"text": " "}, {"template": "hello"}, {"language": "en"}, {"text": "x" * 4097}]
)
def test_what_says_nothing_or_half_a_template_is_told(fields: dict[str, Any], provider: Provider) -> None:
    content = rendered("whatsapp").model_copy(update={"fields": fields})

    with pytest.raises(Refused) as refused:
        provider.prepare(content, PHONE, "d_1")

    assert refused.value.remedy == "fix_content"


def shown(message: OutgoingMessage) -> tuple[str, tuple[str, ...]]:
    preview = preview_of(Approval.model_construct(message=message.model_dump()))
    return preview.text, preview.slots


def test_an_approver_sees_the_text_and_what_may_go_in_its_place(provider: Provider) -> None:
    both = provider.prepare(rendered("whatsapp", **BOTH), PHONE, "d_1")
    alone = provider.prepare(text_alone(), PHONE, "d_1")

    said = f"{BOTH['text']}\n\nIf they have not written for 24 hours: browse_offer (en)"
    assert shown(both) == (said, ("Ada", "KEB10"))
    assert shown(alone) == (BOTH["text"], ())


async def test_an_approver_reads_what_the_template_says_which_meta_is_not_sent(
    provider: Provider, sandbox: Sandbox
) -> None:
    known = rendered("whatsapp").model_copy(update={"template_text": TEMPLATES["browse_offer"]})
    message = provider.prepare(known, PHONE, "d_1")
    await provider.send(message, "d_1")

    [left] = sandbox.mailbox.messages
    assert shown(message) == (left.content["shown"], ())
    assert left.content["shown"] == "Hello Ada, your code is KEB10."
    assert "reads" not in left.content["request"]

    both = rendered("whatsapp", **BOTH).model_copy(update={"template_text": TEMPLATES["browse_offer"]})
    said, _ = shown(provider.prepare(both, PHONE, "d_1"))
    assert said.endswith("If they have not written for 24 hours: Hello Ada, your code is KEB10.")
