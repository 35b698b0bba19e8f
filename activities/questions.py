"""Questions to people: put once, found again when asked again, withdrawn when what they were about has changed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.ids import approval_id
from policies.model import NeedsApproval
from store.approvals import open_approval, tell_approval, withdraw_other_approvals
from store.tables import Approval
from workflows.ports import ApprovalTerms, Asked, StepRequest


@dataclass(frozen=True)
class Subject:
    """What a person is asked about."""

    channel: str
    recipient: str
    content: dict[str, Any]
    """Exactly what would leave or be done, as JSON."""
    content_hash: str
    basis: str
    customer_id: str
    discount: float | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)


async def ask(
    session: AsyncSession,
    request: StepRequest,
    terms: ApprovalTerms,
    subject: Subject,
    delivery_id: str,
    wanted: NeedsApproval,
    now: datetime,
) -> Asked:
    """Put a question to a group, or find it where it was already put on the same basis."""
    approval = await open_approval(session, delivery_id, subject.basis)
    if approval is None:
        approval = _new(request, terms, subject, delivery_id, wanted, now)
        await withdraw_other_approvals(session, delivery_id, but=approval.id, at=now)
        session.add(approval)
        tell_approval(session, approval, "asked", "sojourn", now, {"reason": wanted.reason})
    return Asked(
        approval_id=approval.id,
        content_hash=approval.content_hash,
        group=approval.group,
        tier="human" if approval.tier == "human" else "supervised",
        author=approval.author,
        asked_at=approval.requested_at,
        deadline=approval.deadline,
        reason=approval.reason,
    )


def _new(
    request: StepRequest,
    terms: ApprovalTerms,
    subject: Subject,
    delivery_id: str,
    wanted: NeedsApproval,
    now: datetime,
) -> Approval:
    run = request.run
    return Approval(
        id=approval_id(delivery_id, subject.content_hash, now),
        delivery_id=delivery_id,
        workflow_id=run.workflow_id,
        first_run_id=run.first_run_id,
        journey=run.journey,
        version=run.version,
        step_id=request.step_id,
        customer_id=subject.customer_id,
        group=wanted.group,
        tier=wanted.tier,
        author=terms.author,
        channel=subject.channel,
        recipient=subject.recipient,
        message=subject.content,
        content_hash=subject.content_hash,
        basis=subject.basis,
        discount=subject.discount,
        reason=wanted.reason,
        findings=subject.findings,
        state="open",
        requested_at=now,
        deadline=now + terms.within,
        otherwise=terms.otherwise,
    )
