"""An approver lowers the discount of an offer where the step says so: that leaves, within the policies."""

from datetime import timedelta
from typing import Any

import pytest

from store.tables import EditLabel
from tests.approving import as_shown
from tests.faults.sending import OFFER, Sending
from workflows.ports import ApprovalTerms, Asked, DeliverRequest, Edited, NotEdited, Sent

LOWERED: dict[str, Any] = OFFER | {
    "approval": ApprovalTerms(
        group="marketing",
        author="maria@northwind.example",
        within=timedelta(hours=24),
        otherwise="skip",
        edit=("discount",),
    )
}


async def _asked(sending: Sending, **changes: Any) -> tuple[DeliverRequest, Asked]:
    request = sending.request(await sending.shopper(), **(LOWERED | changes))
    asked = await sending.deliver(request)
    assert isinstance(asked, Asked)
    return request, asked


async def test_the_lowered_discount_is_what_the_message_says_and_the_ledger_has(small_sending: Sending) -> None:
    sending = small_sending
    request, asked = await _asked(sending)
    assert (await sending.approval(asked)).texts["discount"] == "10"

    edited = await sending.edited(request, asked, discount="8 %")
    assert isinstance(edited, Edited)
    approval = await sending.approval(asked)
    grant = {"content_hash": edited.content_hash, "edits": {"discount": "8 %"}}
    granted = sending.granted(request, asked)
    assert granted.grant is not None
    granted = granted.model_copy(update={"grant": granted.grant.model_copy(update=grant)})
    assert isinstance(await sending.deliver(granted), Sent)

    [message] = sending.sandbox.mailbox.messages
    assert as_shown(message) == approval.message["body"]
    delivery = await sending.delivery(request)
    assert (approval.discount, delivery.discount, delivery.content_hash) == (8, 8, approval.content_hash)
    labels = {row.field: (row.before, row.after) for row in await sending.rows(EditLabel)}
    assert labels["discount"] == ("10", "8")
    assert labels["parameters.1"] == ("10%", "8%")


@pytest.mark.parametrize(
    ("discount", "why"),
    [
        ("12", "discount: it can be lowered from 10, and not raised; who wants more asks anew."),
        ("0", "discount: leave something of the offer, or reject it."),
        ("-3", "discount: leave something of the offer, or reject it."),
        ("nan", "discount: leave something of the offer, or reject it."),
        ("much", "discount: 'much' is no number."),
    ],
)
async def test_a_discount_is_lowered_and_nothing_else(small_sending: Sending, discount: str, why: str) -> None:
    request, asked = await _asked(small_sending)
    refused = await small_sending.edited(request, asked, discount=discount)
    assert refused == NotEdited(reason=why)
    assert (await small_sending.approval(asked)).content_hash == asked.content_hash


async def test_words_that_still_say_the_old_discount_are_refused(small_sending: Sending) -> None:
    request, asked = await _asked(small_sending)
    edits = {"discount": "8", "parameters.0": "tent at 10 % off"}
    refused = await small_sending.edited(request, asked, **edits)
    assert isinstance(refused, NotEdited)
    assert "'10%' was not there before" in refused.reason


FORBIDDEN = "rules:\n  odd: {when: action.discount == 7.0, message: no odd offers}\n\ndiscount_cap:"


@pytest.mark.parametrize(
    ("file", "was", "becomes"),
    [
        ("policies.yaml", "discount_cap:", FORBIDDEN),
        ("content/browse-offer/whatsapp.yaml.j2", "template: browse_offer", "template: browse_offer_2"),
    ],
)
async def test_an_attempt_after_a_lost_answer_gives_it_again_whatever_was_published_since(
    small_sending: Sending, file: str, was: str, becomes: str
) -> None:
    request, asked = await _asked(small_sending)
    edited = await small_sending.edited(request, asked, discount="7")
    assert isinstance(edited, Edited)
    labels = await small_sending.rows(EditLabel)
    small_sending.edit(file, was, becomes)
    assert await small_sending.edited(request, asked, discount="7") == edited
    assert await small_sending.rows(EditLabel) == labels


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("message: no odd offers", "A policy forbids it: no odd offers."),
        (
            "message: odd offers are for finance, verdict: needs_approval, group: finance",
            "So it would need another approval, by 'finance': odd offers are for finance.",
        ),
    ],
)
async def test_the_policies_judge_the_lowered_offer_again(small_sending: Sending, rule: str, why: str) -> None:
    rules = f"rules:\n  odd: {{when: action.discount == 7.0, {rule}}}\n\ndiscount_cap:"
    small_sending.edit("policies.yaml", "discount_cap:", rules)
    request, asked = await _asked(small_sending)
    assert await small_sending.edited(request, asked, discount="7") == NotEdited(reason=why)


async def test_a_step_that_does_not_say_so_lets_nobody_lower_it(small_sending: Sending) -> None:
    without = LOWERED["approval"].model_copy(update={"edit": ()})
    request, asked = await _asked(small_sending, approval=without)
    assert "discount" not in (await small_sending.approval(asked)).texts
    refused = await small_sending.edited(request, asked, discount="8")
    assert isinstance(refused, NotEdited)
    assert refused.reason.startswith("'discount' cannot be edited here")
