"""What leaves under an approval is what was approved, to the byte; anything else is asked about again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from activities.channels.model import OutgoingMessage
from activities.delivering.draft import hash_message
from journeys.parts import Offer
from store.autonomy import tighten
from store.tables import Address, Approval
from tests.approving import as_shown
from tests.faults.sending import NOON, OFFER, PUSH, Sending, key_of
from workflows.ports import ApprovalTerms, Asked, Denied, Grant, Held, Sent

ASKING: dict[str, Any] = PUSH | {
    "approval": ApprovalTerms(
        group="marketing", author="maria@northwind.example", within=timedelta(hours=24), otherwise="skip"
    )
}
"""A step that the journey wants approved. What it sends does not depend on the time."""


async def test_what_was_approved_leaves_and_its_hash_stands_in_the_ledger(sending: Sending) -> None:
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    assert sending.sandbox.mailbox.messages == []
    assert isinstance(await sending.deliver(sending.granted(request, asked)), Sent)
    approval, delivery = await sending.approval(asked), await sending.delivery(request)
    [message] = sending.sandbox.mailbox.messages
    assert as_shown(message) == approval.message["body"]
    assert delivery.content_hash == approval.content_hash == hash_message(_shown(approval))
    assert (approval.state, approval.decided_by) == ("approved", "ada@northwind.example")


def _shown(approval: Approval) -> OutgoingMessage:
    return OutgoingMessage.model_validate(approval.message)


async def test_an_offer_approved_hours_later_still_says_what_the_approver_saw(small_sending: Sending) -> None:
    """`valid: 24h` counts from the moment that was shown, not from the moment of the click."""
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    granted = sending.granted(request, asked, after=timedelta(hours=6))
    assert isinstance(await sending.deliver(granted), Sent)
    [message] = sending.sandbox.mailbox.messages
    assert as_shown(message) == (await sending.approval(asked)).message["body"]


async def test_an_offer_approved_when_most_of_its_life_is_over_is_asked_anew_with_a_new_one(
    small_sending: Sending,
) -> None:
    sending = small_sending
    request = sending.request(await sending.shopper(), **OFFER)
    asked = await sending.deliver(request)
    again = await sending.deliver(sending.granted(request, asked, after=timedelta(hours=19)))
    assert isinstance(again, Asked)
    assert again.approval_id != asked.approval_id
    assert again.reason.endswith("; less than a quarter of the 1d is left of the offer that was approved")
    assert (await sending.approval(asked)).state == "approved"
    assert (await sending.approval(again)).message != (await sending.approval(asked)).message
    assert sending.sandbox.mailbox.messages == []


def _edit_template(sending: Sending) -> None:
    sending.edit("content/browse-second-look/push.yaml.j2", "once more", "once again")


def _edit_unseen_text(sending: Sending) -> None:
    """A change that makes the same message is still another content."""
    sending.edit("content/browse-second-look/push.yaml.j2", "data:", "# a note between editors\ndata:")


def _edit_price(sending: Sending) -> None:
    sending.edit("catalogue.yaml", "price: 329.00", "price: 349.00")


def _edit_policy(sending: Sending) -> None:
    sending.edit("policies.yaml", "most: 15%", "most: 12%")


@pytest.mark.parametrize("edit", [_edit_template, _edit_unseen_text, _edit_price, _edit_policy])
async def test_what_changed_after_it_was_approved_is_asked_again(
    small_sending: Sending, edit: Callable[[Sending], None]
) -> None:
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **ASKING)
    asked = await sending.deliver(request)
    edit(sending)
    again = await sending.deliver(sending.granted(request, asked))
    assert isinstance(again, Asked)
    assert again.approval_id != asked.approval_id
    assert sending.sandbox.mailbox.messages == []
    assert [(a.id, a.state) for a in await _approvals(sending)] == [
        (asked.approval_id, "withdrawn"),
        (again.approval_id, "open"),
    ]
    assert isinstance(await sending.deliver(sending.granted(request, again)), Sent)


async def test_an_offer_that_changed_policies_ask_about_again_is_asked_about_as_it_would_leave_now(
    small_sending: Sending,
) -> None:
    """Asked about as it was made hours before, it could not be made so again: a third person would be asked."""
    sending = small_sending
    request = sending.request(await sending.shopper(), **OFFER)
    asked = await sending.deliver(request)
    _edit_policy(sending)
    again = await sending.deliver(sending.granted(request, asked, after=timedelta(hours=3)))
    assert isinstance(again, Asked)
    assert (await sending.approval(again)).message != (await sending.approval(asked)).message
    assert isinstance(await sending.deliver(sending.granted(request, again, after=timedelta(hours=2))), Sent)
    [message] = sending.sandbox.mailbox.messages
    assert as_shown(message) == (await sending.approval(again)).message["body"]


async def _approvals(sending: Sending) -> list[Approval]:
    return sorted(await sending.rows(Approval), key=lambda approval: approval.requested_at)


async def test_a_change_that_is_taken_back_is_asked_about_a_third_time(small_sending: Sending) -> None:
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **ASKING)
    first = await sending.deliver(request)
    sending.edit("content/browse-second-look/push.yaml.j2", "once more", "once again")
    second = await sending.deliver(sending.granted(request, first))
    sending.edit("content/browse-second-look/push.yaml.j2", "once again", "once more")
    third = await sending.deliver(sending.granted(request, second, after=timedelta(hours=1)))
    assert isinstance(third, Asked)
    assert third.approval_id not in (first.approval_id, second.approval_id)
    assert [a.state for a in await _approvals(sending)] == ["withdrawn", "withdrawn", "open"]
    assert isinstance(await sending.deliver(sending.granted(request, third)), Sent)


async def test_another_recipient_is_asked_about_again(small_sending: Sending) -> None:
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    async with sending.database.transaction() as session:
        session.add(Address(customer_id=lena.id, kind="phone", value="+4915100000001", updated_at=NOON))
    again = await sending.deliver(sending.granted(request, asked))
    assert isinstance(again, Asked)
    assert (await sending.approval(again)).recipient == "+4915100000001"


async def test_a_larger_discount_is_asked_about_again(small_sending: Sending) -> None:
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    larger = request.model_copy(update={"offer": Offer(discount=12)})
    assert isinstance(await sending.deliver(sending.granted(larger, asked)), Asked)
    assert sending.sandbox.mailbox.messages == []


async def test_asking_twice_is_one_question(sending: Sending) -> None:
    """The worker may be lost after it put the question: the next attempt finds it."""
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    assert await sending.deliver(request, attempt=2, after=timedelta(minutes=2)) == asked
    assert len(await _approvals(sending)) == 1


async def test_an_approval_nobody_gave_sends_nothing(small_sending: Sending) -> None:
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    made_up = asked.model_copy(update={"approval_id": "a_made_up"})
    assert isinstance(await sending.deliver(sending.granted(request, made_up)), Asked)
    assert sending.sandbox.mailbox.messages == []


async def test_the_approval_of_one_customers_message_opens_no_other(small_sending: Sending) -> None:
    sending = small_sending
    lena, omar = await sending.shopper("lena"), await sending.shopper("omar")
    asked = await sending.deliver(sending.request(lena, **OFFER))
    stolen = sending.granted(sending.request(omar, **OFFER), asked)
    assert isinstance(await sending.deliver(stolen), Asked)
    assert sending.sandbox.mailbox.messages == []


@pytest.mark.parametrize("field", ["content_hash", "basis"])
async def test_a_tampered_approval_row_opens_nothing(small_sending: Sending, field: str) -> None:
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    async with sending.database.transaction() as session:
        row = await session.get(Approval, asked.approval_id)
        setattr(row, field, "0" * 64)
        session.add(row)
    assert isinstance(await sending.deliver(sending.granted(request, asked)), Asked)
    assert sending.sandbox.mailbox.messages == []


async def test_a_tampered_message_in_an_approval_row_is_never_what_leaves(small_sending: Sending) -> None:
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    shown = (await sending.approval(asked)).message
    async with sending.database.transaction() as session:
        row = await session.get(Approval, asked.approval_id)
        assert row is not None
        row.message = {**shown, "body": {**shown["body"], "to": "+4915199999999"}}
        session.add(row)
    await sending.deliver(sending.granted(request, asked))
    assert [as_shown(left) for left in sending.sandbox.mailbox.messages] == [shown["body"]]


async def test_a_hash_that_the_grant_does_not_have_opens_nothing(small_sending: Sending) -> None:
    """Whoever can write the row, message and hash alike, still lacks the hash that the run was granted."""
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    forged = Grant(
        approval_id=asked.approval_id, content_hash="0" * 64, asked_at=asked.asked_at, by="eve", at=NOON
    )
    result = await sending.deliver(request.model_copy(update={"grant": forged}))
    assert result == asked
    assert sending.sandbox.mailbox.messages == []


async def test_an_approval_given_in_the_night_waits_for_the_morning_and_then_leaves_as_approved(
    small_sending: Sending,
) -> None:
    sending = small_sending
    lena = await sending.shopper()
    evening = sending.request(lena, **OFFER).model_copy(update={"now": NOON + timedelta(hours=6)})
    asked = await sending.deliver(evening)
    night = sending.granted(evening, asked, after=timedelta(hours=4))
    held = await sending.deliver(night)
    assert isinstance(held, Held)
    morning = night.model_copy(update={"now": held.until})
    assert isinstance(await sending.deliver(morning), Sent)
    assert (await sending.delivery(evening)).content_hash == asked.content_hash


async def test_an_approval_counts_for_one_message_only(small_sending: Sending) -> None:
    sending = small_sending
    lena = await sending.shopper()
    request = sending.request(lena, **OFFER)
    asked = await sending.deliver(request)
    granted = sending.granted(request, asked)
    await sending.deliver(granted)
    next_pass = granted.model_copy(update={"pass_": 1, "now": NOON + timedelta(days=2)})
    again = await sending.deliver(next_pass)
    assert isinstance(again, Asked)
    assert (await sending.approval(again)).delivery_id == key_of(next_pass)
    assert sending.received(request) == 1


async def test_a_code_of_the_run_is_shown_to_the_approver_and_another_one_is_asked_about_again(
    small_sending: Sending,
) -> None:
    sending = small_sending
    sending.edit("content/browse-second-look/push.yaml.j2", "once more", "once more with {{ run.voucher.code }}")
    request = sending.request(await sending.shopper(), **ASKING, attributes={"voucher": {"code": "SPRING"}})
    asked = await sending.deliver(request)
    assert "once more with SPRING" in str((await sending.approval(asked)).message)
    changed = request.model_copy(update={"attributes": {"voucher": {"code": "SUMMER"}}})
    again = await sending.deliver(sending.granted(changed, asked))
    assert isinstance(again, Asked)
    assert "once more with SUMMER" in str((await sending.approval(again)).message)
    assert isinstance(await sending.deliver(sending.granted(changed, again)), Sent)


async def test_a_customer_of_unknown_zone_reads_times_on_the_projects_clock(small_sending: Sending) -> None:
    small_sending.zone = "Mars/Olympus"
    asked = await small_sending.deliver(small_sending.request(await small_sending.shopper(), **OFFER))
    approval = await small_sending.approval(asked)
    # A day after noon in Berlin, which is eleven in UTC.
    assert "12:00" in str(approval.message)


async def test_a_tightened_journey_about_which_nobody_may_decide_sends_nothing_and_asks_nobody(
    small_sending: Sending,
) -> None:
    request = small_sending.request(await small_sending.shopper())
    async with small_sending.database.transaction() as session:
        name = request.run.journey
        await tighten(session, name, "human", group="", reason="complaints", by="guardrail", at=NOON)
    denied = await small_sending.deliver(request)
    assert isinstance(denied, Denied)
    assert "no group may decide" in denied.reason
    assert (await small_sending.rows(Approval), small_sending.sandbox.mailbox.messages) == ([], [])


async def test_a_journey_that_was_tightened_asks_before_its_next_message(sending: Sending) -> None:
    request = sending.request(await sending.shopper())
    async with sending.database.transaction() as session:
        name = request.run.journey
        await tighten(session, name, "human", group="marketing", reason="complaints", by="guardrail", at=NOON)
    asked = await sending.deliver(request)
    assert isinstance(asked, Asked)
    assert (asked.tier, (await sending.approval(asked)).tier) == ("human", "human")
    assert sending.sandbox.mailbox.messages == []
