"""An approver lowers what a business action gives, within its tool and the policies; that is done, and kept."""

from dataclasses import replace
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.asking.editing_actions import EditingActions
from policies.autonomy import AutonomyPolicy
from store.tables import Action, Approval, EditLabel
from tests.activities.conftest import HALF, TERMS, Desk, granted, refund, rows
from workflows.ports import ActRequest, Asked, Done, EditActionRequest, Edited, EditResult, NotEdited

TWO_ABOVE_50 = AutonomyPolicy.model_validate(
    {
        "group": "support",
        "tiers": [
            {"tier": "human", "tool": "refund", "amount_up_to": "50 EUR", "group": "finance"},
            {"tier": "human", "tool": "refund", "amount_above": "50 EUR"},
        ],
    }
)
SIXTY: ActRequest = refund(given=HALF | {"amount": 60}, approval=TERMS.model_copy(update={"edit": ("amount",)}))


async def edited(desk: Desk, request: ActRequest, asked: Asked, **edits: str) -> EditResult:
    """What comes of Ada's edit of what was asked about."""
    editing = EditingActions(desk.database, {"refund": desk.refund}, desk.permission)
    shown = request.model_copy(update={"grant": granted(asked)})
    change = EditActionRequest(act=shown, edits=edits, by="ada")
    return await ActivityEnvironment().run(editing.edit_action, change)


def agreed_to(asked: Asked, edit: EditResult, **edits: str) -> Any:
    """Ada's yes to what she made of it."""
    assert isinstance(edit, Edited)
    return granted(asked).model_copy(update={"content_hash": edit.content_hash, "edits": edits})


async def test_a_refund_of_60_that_is_lowered_to_40_refunds_40_and_the_difference_is_kept(desk: Desk):
    asked = await desk.act(SIXTY)
    edit = await edited(desk, SIXTY, asked, amount="40")
    [approval] = await rows(desk.database, Approval)
    assert (approval.amount, approval.edited_by, approval.texts) == (40, "ada", {"amount": "40"})

    done = await desk.act(SIXTY.model_copy(update={"grant": agreed_to(asked, edit, amount="40")}))

    assert isinstance(done, Done)
    assert [made["amount"] for made in desk.payments.refunds.values()] == [40]
    [action] = await rows(desk.database, Action)
    assert action.given == HALF | {"amount": 40}
    [label] = await rows(desk.database, EditLabel)
    assert (label.content, label.field, label.before, label.after, label.by) == (
        "refund",
        "amount",
        "60",
        "40",
        "ada",
    )


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ({"amount": "400"}, "amount: it can be lowered from 60, and not raised; who wants more asks anew."),
        ({"amount": "0"}, "amount: Input should be greater than 0."),
        ({"amount": "some"}, "amount: Input should be a valid number"),
        ({"order_id": "o_9"}, "'order_id' cannot be edited here; the step says what can."),
    ],
)
async def test_what_the_tool_or_the_step_does_not_take_is_refused(desk: Desk, edits: dict[str, str], why: str):
    asked = await desk.act(SIXTY)
    refused = await edited(desk, SIXTY, asked, **edits)
    assert isinstance(refused, NotEdited)
    assert refused.reason.startswith(why)
    [approval] = await rows(desk.database, Approval)
    assert approval.content_hash == asked.content_hash


async def test_what_others_would_have_to_agree_to_then_is_refused(desk: Desk):
    strict = replace(desk, policies=(TWO_ABOVE_50,))
    request = SIXTY.model_copy(update={"approval": SIXTY.approval.model_copy(update={"group": None})})
    asked = await strict.act(request)
    refused = await edited(strict, request, asked, amount="40")
    assert isinstance(refused, NotEdited)
    assert refused.reason.startswith("So it would need another approval, by 'finance': ")


async def test_an_attempt_after_a_lost_answer_gives_it_again_whatever_the_policies_say_by_then(desk: Desk):
    asked = await desk.act(SIXTY)
    edit = await edited(desk, SIXTY, asked, amount="40")
    assert isinstance(edit, Edited)
    assert await edited(replace(desk, policies=(TWO_ABOVE_50,)), SIXTY, asked, amount="40") == edit
    assert len(await rows(desk.database, EditLabel)) == 1


async def test_changed_policies_ask_again_about_what_the_person_made_of_it(desk: Desk):
    asked = await desk.act(SIXTY)
    edit = await edited(desk, SIXTY, asked, amount="40")
    granted_it = SIXTY.model_copy(update={"grant": agreed_to(asked, edit, amount="40")})

    again = await replace(desk, policies=(TWO_ABOVE_50,)).act(granted_it)

    assert isinstance(again, Asked)
    assert (again.approval_id != asked.approval_id, again.edits) == (True, {"amount": "40"})
    assert desk.payments.requests == 0
    assert {row.amount for row in await rows(desk.database, Approval) if row.state == "open"} == {40}
