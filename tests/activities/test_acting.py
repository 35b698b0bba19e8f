"""Business actions: guarded, asked about, and done exactly once whatever fails in between."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from temporalio.exceptions import ApplicationError

from activities.tools.coupon import Coupon
from activities.tools.model import ToolResult
from activities.tools.refund import Refund
from sandbox.payments import Fault
from store.tables import Action, Approval, Span
from tests.activities.conftest import HALF, NOON, UNASKED, Desk, attempt, granted, question, refund, rows
from tests.seeding import closed_arm
from workflows.ports import Asked, Denied, Done, Overtaken, Rejected, Unknown


class Killed(BaseException):
    """The worker is gone."""


class KilledBefore(Refund):
    """A refund whose worker is killed before it asks for it."""

    async def do(self, given: Any, customer_id: str, action_id: str, now: datetime) -> ToolResult:
        raise Killed


class KilledAfter(Refund):
    """A refund whose worker is killed when it is done, before it is recorded."""

    async def do(self, given: Any, customer_id: str, action_id: str, now: datetime) -> ToolResult:
        await super().do(given, customer_id, action_id, now)
        raise Killed


class OnceOnly(Coupon):
    """A tool that cannot tell whether it did it before."""

    repeatable: ClassVar[bool] = False

    async def do(self, given: Any, customer_id: str, action_id: str, now: datetime) -> ToolResult:
        raise Killed


async def test_a_granted_refund_is_done_and_recorded(desk: Desk):
    done = await desk.act(await desk.granted_refund())
    assert isinstance(done, Done)
    assert done.result["amount"] == 40.0
    [action] = await rows(desk.database, Action)
    assert (action.state, action.tool, action.given, action.result) == ("done", "refund", HALF, done.result)
    [approval] = await rows(desk.database, Approval)
    assert (approval.state, approval.decided_by, action.approval_id) == ("approved", "ada", approval.id)


async def test_an_attempt_after_it_was_done_gives_the_same_result_and_does_nothing(desk: Desk):
    request = await desk.granted_refund()
    first = await desk.act(request)
    assert await desk.act(request, 2) == first
    assert desk.payments.requests == 1


@pytest.mark.parametrize("kind", [KilledBefore, KilledAfter])
async def test_a_worker_killed_at_any_point_leaves_one_refund(desk: Desk, kind: type[Refund]):
    request = await desk.granted_refund()
    with pytest.raises(Killed):
        await desk.act(request, 1, kind(url=desk.payments.url, token=desk.refund.token))
    assert isinstance(await desk.act(request, 2), Done)
    assert len(desk.payments.refunds) == 1
    [action] = await rows(desk.database, Action)
    assert (action.state, action.attempts) == ("done", 2)


@pytest.mark.parametrize("fault", ["busy", "limited", "cut before", "cut after", "fails", "no id"])
async def test_whatever_the_service_does_there_is_one_refund_in_the_end(desk: Desk, fault: Fault):
    request = await desk.granted_refund()
    desk.payments.faults = [fault, fault]
    for number in (1, 2):
        with pytest.raises(ApplicationError) as later:
            await desk.act(request, number)
        assert not later.value.non_retryable
    assert isinstance(await desk.act(request, 3), Done)
    assert len(desk.payments.refunds) == 1


async def test_the_services_own_pause_is_kept(desk: Desk):
    desk.payments.faults = ["limited"]
    with pytest.raises(ApplicationError) as later:
        await desk.act(await desk.granted_refund())
    assert later.value.next_retry_delay == timedelta(seconds=7)


async def test_what_cannot_be_told_apart_is_never_done_twice(desk: Desk):
    request = refund(tool="coupon", given={"discount": 10}, approval=UNASKED)
    with pytest.raises(Killed):
        await desk.act(request, 1, OnceOnly())
    assert isinstance(await desk.act(request, 2, OnceOnly()), Unknown)
    [action] = await rows(desk.database, Action)
    assert (action.state, action.code) == ("unknown", "worker.lost")


async def test_a_refusal_of_the_service_is_final(desk: Desk):
    asked = await desk.act(refund(given=HALF | {"amount": 500.0}))
    request = refund(given=HALF | {"amount": 500.0}, grant=granted(asked))
    first = await desk.act(request)
    assert isinstance(first, Rejected)
    assert first.code == "refund.422"
    assert await desk.act(request, 2) == first
    assert desk.payments.requests == 1


async def test_a_sensitive_action_that_nobody_is_asked_about_is_denied(desk: Desk):
    denied = await desk.act(refund(approval=UNASKED))
    none = "no group may decide: name one as 'group' of the policy 'autonomy'"
    assert denied == Denied(reason=f"'refund' needs a person's approval; {none}")
    assert desk.payments.requests == 0


async def test_a_harmless_action_needs_nobody(desk: Desk):
    done = await desk.act(refund(tool="coupon", given={"discount": 10.0}, approval=UNASKED), 1, Coupon())
    assert isinstance(done, Done)
    assert done.result["discount"] == 10


async def test_arguments_that_do_not_fit_are_denied_and_named(desk: Desk):
    denied = await desk.act(refund(given={"order_id": "o_1", "amount": -5, "currency": "EUR", "to": "me"}))
    assert isinstance(denied, Denied)
    assert "amount: Input should be greater than 0" in denied.reason
    assert "to: Extra inputs are not permitted" in denied.reason


async def test_a_tool_that_is_not_set_up_is_denied(desk: Desk):
    denied = await desk.act(refund(), 1, Coupon())
    assert denied == Denied(reason="no tool 'refund' is set up under 'tools' in sojourn.yaml")


async def test_nothing_is_done_in_an_arm_that_was_closed_since_the_run_went_it(desk: Desk):
    async with desk.database.transaction() as session:
        session.add(closed_arm("winback"))
    inside, beside = await desk.granted_refund(), {"subject": "plain"}
    denied = await desk.act(inside.model_copy(update={"arms": {"subject": "bold"}}))
    assert isinstance(denied, Denied)
    assert denied.reason.startswith("the arm 'bold' is closed, because the guardrail on unsubscribed in bold of")
    assert desk.payments.requests == 0
    assert isinstance(await desk.act(inside.model_copy(update={"arms": beside})), Done)


async def test_an_event_that_ends_the_run_overtakes_the_action(desk: Desk):
    request = await desk.granted_refund()
    await desk.happens("Return Withdrawn", seq=2)
    assert await desk.act(request) == Overtaken(kind="stop", reason="stop event: Return Withdrawn")
    assert desk.payments.requests == 0


async def test_the_approver_sees_exactly_what_would_be_done(desk: Desk):
    asked = await desk.act(refund())
    [approval] = await rows(desk.database, Approval)
    assert (approval.id, approval.message) == (asked.approval_id, {"tool": "refund", "given": HALF})
    assert (approval.group, approval.author, approval.deadline) == ("support", "maria", asked.deadline)


async def test_asking_again_is_the_same_question(desk: Desk):
    first = await desk.act(refund())
    again = await desk.act(refund(now=NOON + timedelta(minutes=5)), 2)
    assert again == first


async def test_an_approval_counts_for_no_other_amount(desk: Desk):
    grant = (await desk.granted_refund()).grant
    asked = await desk.act(refund(given=HALF | {"amount": 80.0}, grant=grant))
    assert isinstance(asked, Asked)
    assert desk.payments.requests == 0
    states = {
        approval.message["given"]["amount"]: approval.state for approval in await rows(desk.database, Approval)
    }
    assert states == {40.0: "withdrawn", 80.0: "open"}


@pytest.mark.parametrize("elsewhere", [{"step_id": "another"}, {"pass_": 1}])
async def test_an_approval_counts_for_no_other_step_and_no_other_pass(desk: Desk, elsewhere: dict[str, Any]):
    grant = (await desk.granted_refund()).grant
    assert isinstance(await desk.act(refund(grant=grant, **elsewhere)), Asked)
    assert desk.payments.requests == 0


@pytest.mark.parametrize("state", ["rejected", "expired", "withdrawn"])
async def test_an_approval_that_was_not_given_does_not_count(desk: Desk, state: str):
    request = await desk.granted_refund()
    async with desk.database.transaction() as session:
        approval = await session.get_one(Approval, request.grant.approval_id if request.grant else "")
        approval.state = state
    asked = await desk.act(request)
    assert isinstance(asked, Asked)
    assert desk.payments.requests == 0


async def test_every_attempt_is_in_the_trace_with_its_outcome(desk: Desk):
    request = await desk.granted_refund()
    desk.payments.faults = ["busy"]
    with pytest.raises(ApplicationError):
        await desk.act(request, 2)
    await desk.act(request, 3)
    spans = [(span.name, span.outcome) for span in await rows(desk.database, Span)]
    assert sorted(spans) == [("act refund", "asked"), ("act refund", "done"), ("act refund", "retrying")]


async def test_a_question_is_put_once(desk: Desk):
    ask = desk.acting().ask
    first = await attempt(ask, question())
    assert await attempt(ask, question(now=NOON + timedelta(minutes=5)), 2) == first
    [approval] = await rows(desk.database, Approval)
    assert (approval.message, approval.state) == ({"about": "May we?"}, "open")
    assert timedelta(hours=8) <= approval.deadline - NOON < timedelta(hours=8, minutes=1)
