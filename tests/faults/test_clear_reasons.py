"""What is wrong in a project or in a customer's data is told where whoever can mend it looks: in the timeline."""

import pytest
from sqlmodel import col, delete

from store.tables import Address, Delivery
from tests.faults.sending import Sending
from workflows.ports import DeliverRequest, Denied, Rejected


async def _is_told(sending: Sending, request: DeliverRequest, result: Rejected | Denied) -> None:
    """The reason stands in the timeline, nothing left, and nothing is tried again."""
    assert await sending.spans(request) == [("compose", result.outcome, result.reason)]
    assert sending.sandbox.mailbox.messages == []
    assert await sending.rows(Delivery) == []
    assert await sending.deliver(request, attempt=2) == result


@pytest.mark.parametrize(
    ("step", "code", "reason"),
    [
        (
            {"content": "browse-remindr"},
            "content.UnknownContent",
            "there is no content 'browse-remindr' (did you mean 'browse-reminder'?)",
        ),
        (
            {"channels": ("push",)},
            "content.UnknownContent",
            "the content 'browse-reminder' has nothing for push; it has email",
        ),
        ({"channels": ("carrier_pigeon",)}, "channel.unknown", "no channel 'carrier_pigeon' is set up"),
    ],
)
async def test_a_step_that_names_what_is_not_there_is_rejected_with_the_reason(
    small_sending: Sending, step: dict[str, str], code: str, reason: str
) -> None:
    request = small_sending.request(await small_sending.shopper(), **step)
    result = await small_sending.deliver(request)
    assert isinstance(result, Rejected)
    assert (result.code, result.reason) == (code, reason)
    await _is_told(small_sending, request, result)


async def test_content_that_needs_what_the_event_does_not_have_is_rejected_with_the_reason(
    small_sending: Sending,
) -> None:
    lena = await small_sending.shopper()
    request = small_sending.request(lena)
    bare = request.start.model_copy(update={"properties": {"product_id": "not-in-the-catalogue"}})
    request = request.model_copy(update={"start": bare})
    result = await small_sending.deliver(request)
    assert isinstance(result, Rejected)
    assert result.code == "content.RenderingFailed"
    assert result.reason == "content/browse-reminder/email.html.j2:2: there is no 'name' here"
    await _is_told(small_sending, request, result)


async def test_a_customer_without_an_address_on_a_channel_gets_nothing_there(small_sending: Sending) -> None:
    lena = await small_sending.shopper()
    async with small_sending.database.transaction() as session:
        await session.exec(delete(Address).where(col(Address.kind) == "email"))
    request = small_sending.request(lena)
    result = await small_sending.deliver(request)
    assert result == Denied(reason="the customer has no email")
    await _is_told(small_sending, request, result)


async def test_a_customer_nobody_knows_any_more_gets_nothing(small_sending: Sending) -> None:
    lena = await small_sending.shopper()
    request = small_sending.request(lena)
    gone = request.run.model_copy(update={"customer_id": "c_erased"})
    request = request.model_copy(update={"run": gone})
    result = await small_sending.deliver(request)
    assert result == Denied(reason="the customer is not known")
    await _is_told(small_sending, request, result)
