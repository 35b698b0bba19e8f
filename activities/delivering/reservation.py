"""The ledger's row of one message: made before it leaves, gone on with, and read by whoever tries again."""

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.delivering.attempt import Attempt
from activities.delivering.draft import hash_message
from activities.delivering.guard import Cleared
from activities.delivering.judging import findings_of
from policies.model import Ruling
from store.tables import Delivery, Span
from workflows.ports import DeliverRequest, DeliverResult, Rejected, Sent, Unknown


def may_go_on(row: Delivery, channel: str) -> bool:
    """Whether nothing left under this row, so that this channel may be tried."""
    return row.state == "retrying" or (row.state == "rejected" and row.channel != channel)


def earlier_result(session: AsyncSession, attempt: Attempt, row: Delivery) -> tuple[DeliverResult, list[Span]]:
    """What an earlier attempt of this same delivery came to."""
    spans: list[Span] = []
    if row.state == "reserved":
        row.state, row.code = "unknown", "worker.lost"
        row.reason = "the worker was lost between reserving and recording; it may have left"
        session.add(row)
        spans.append(attempt.span(f"send {row.channel}", "unknown", row.reason))
    if row.state == "unknown":
        return Unknown(delivery_id=row.id, reason=row.reason), spans
    if row.state == "rejected":
        return Rejected(delivery_id=row.id, code=row.code, reason=row.reason), spans
    return Sent(delivery_id=row.id, provider_id=row.provider_id or "", channel=row.channel), spans


def reservation(
    attempt: Attempt,
    request: DeliverRequest,
    cleared: Cleared,
    ruling: Ruling | None,
    row: Delivery | None,
) -> Delivery:
    """The ledger's row for what is about to leave: a new one, or that of an attempt of which nothing left."""
    message, now = cleared.draft.message, attempt.now()
    row = row or Delivery(
        id=attempt.delivery_id,
        workflow_id=request.run.workflow_id,
        first_run_id=request.run.first_run_id,
        journey=request.run.journey,
        step_id=request.step_id,
        pass_=request.pass_,
        customer_id=cleared.draft.customer.id,
        channel=message.channel,
        provider=message.provider,
        purpose=request.purpose,
        content=request.content,
        priority=request.priority,
        discount=cleared.draft.discount,
        offer_until=cleared.draft.offer_until,
        state="reserved",
        findings=[],
        reserved_at=now,
    )
    row.state, row.attempts, row.reserved_at = "reserved", row.attempts + 1, now
    row.channel, row.provider = message.channel, message.provider
    row.content_hash, row.approval_id = hash_message(message), cleared.approval_id
    row.findings, row.code, row.reason = findings_of(ruling), "", ""
    return row
