"""The whole journey on real parts: what goes in over HTTP, what arrives, and what it leaves behind."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from temporalio.worker import Replayer

from activities.channels.model import OutgoingMessage
from activities.delivering.draft import hash_message
from sandbox.mailbox import Message
from store.tables import Approval, Delivery, Span
from tests.approving import as_shown
from tests.retail import ADA, MARIA, Handle, RetailShop, Shopper
from worker import sandboxed_runner
from workflows.journey import CustomerJourney

pytestmark = pytest.mark.xdist_group("e2e")

STEPS = ["wait_1", "reminder", "wait_3", "branch_4", "second_look", "wait_5", "offer"]
PARTS = [
    ("reminder", "policy evaluate", "allowed"),
    ("reminder", "send email", "sent"),
    ("second_look", "policy evaluate", "allowed"),
    ("second_look", "send push", "sent"),
    ("offer", "policy evaluate", "asked"),
    ("offer", "approval", "approved"),
    ("offer", "policy evaluate", "allowed"),
    ("offer", "send whatsapp", "sent"),
]


async def test_a_shopper_who_opens_is_reminded_twice_and_gets_the_offer_that_a_person_approved(
    shop: RetailShop,
) -> None:
    lena = Shopper(shop)
    await lena.arrives()
    await lena.views()
    run = await lena.run()

    await shop.skip_wait(run, "wait_1")
    mail = await shop.receives("email")
    assert (mail.recipient, mail.title) == ("lena@shoppers.example", "The Lumen 2 tent is still here")
    await lena.does("Email Opened", delivery_id=mail.delivery_id)

    await shop.skip_wait(run, "wait_3")
    push = await shop.receives("push")
    assert push.recipient == lena.push_token

    ten = await shop.skip_wait(run, "wait_5")
    local = ten.astimezone(ZoneInfo(lena.zone))
    assert (local.hour, local.minute, local.date() - lena.at.astimezone(ZoneInfo(lena.zone)).date()) == (
        10,
        0,
        timedelta(days=1),
    )
    asking = await shop.waits(run, "offer")
    assert asking.approval is not None
    assert shop.received("whatsapp") == []

    [question] = await shop.open_approvals()
    assert (await shop.decides(question["id"], "approve", MARIA)).status_code == 403  # it is her own journey
    assert (await shop.decides(question["id"], "approve", ADA)).status_code == 200
    result = await run.result()

    assert (result.outcome, result.reason) == ("completed", "every step was done")
    assert [(m.channel, m.number) for m in shop.sandbox.mailbox.messages] == [
        ("email", 1),
        ("push", 2),
        ("whatsapp", 3),
    ]
    [closed] = await lena.runs()
    assert (closed.state, closed.outcome) == ("closed", "completed")
    [approval] = await shop.approvals()
    ledger = await shop.deliveries(closed)
    _left_as_approved(shop.received("whatsapp")[0], approval, ledger[-1])
    assert [(row.step_id, row.state, row.attempts) for row in ledger] == [
        ("reminder", "opened", 1),
        ("second_look", "sent", 1),
        ("offer", "sent", 1),
    ]
    _is_traced_once(await shop.spans(run))
    await _replays(run)


def _left_as_approved(message: Message, approval: Approval, delivery: Delivery) -> None:
    """What arrived is, to the byte, what Ada saw."""
    assert as_shown(message) == approval.message["body"]
    shown = OutgoingMessage.model_validate(approval.message)
    assert approval.content_hash == delivery.content_hash == hash_message(shown)
    assert (approval.state, approval.decided_by) == ("approved", "ada@northwind.example")
    assert (delivery.approval_id, delivery.provider_id) == (approval.id, message.vendor_id)


def _is_traced_once(spans: Sequence[Span]) -> None:
    """One span for the run, one for each step, and one for each part of a send; in order, and nested in time."""
    spans = sorted(spans, key=lambda span: (span.started_at, span.ended_at))
    [root] = [span for span in spans if span.parent_id is None]
    steps = [span for span in spans if span.parent_id == root.span_id]
    by_id = {step.span_id: step for step in steps}
    parts = [span for span in spans if span.parent_id in by_id]
    assert [step.step_id for step in steps] == STEPS
    assert [(part.step_id, part.name, part.outcome) for part in parts] == PARTS
    assert len(spans) == 1 + len(STEPS) + len(PARTS)
    assert len({span.trace_id for span in spans}) == 1

    for before, after in pairwise(steps):
        assert before.ended_at == after.started_at
    assert (root.started_at, root.ended_at) == (steps[0].started_at, steps[-1].ended_at)
    # Parts go by the worker's clock within the step, which may be a little ahead of the workflow's.
    slack = timedelta(seconds=5)
    for part in parts:
        step = by_id[part.parent_id or ""]
        assert step.step_id == part.step_id
        assert step.started_at <= part.started_at <= part.ended_at <= step.ended_at + slack
    lengths = {step.step_id: step.ended_at - step.started_at for step in steps}
    assert timedelta(minutes=30) <= lengths["wait_1"] < timedelta(minutes=31)
    assert timedelta(hours=4) <= lengths["wait_3"] < timedelta(hours=4, minutes=1)
    assert lengths["wait_5"] > timedelta(hours=12)
    assert steps[0].links == root.links
    assert len(root.links) == 1  # the event that started it
    assert root.links[0].startswith("00-")


async def _replays(run: Handle) -> None:
    replayer = Replayer(
        workflows=[CustomerJourney],
        data_converter=run._client.data_converter,  # pyright: ignore[reportPrivateUsage] the converter it ran with
        workflow_runner=sandboxed_runner(),
    )
    await replayer.replay_workflow(await run.fetch_history())
