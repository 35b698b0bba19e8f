"""Questions to people: put once, found again when asked again, withdrawn when what they were about has changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.asking.grounds import grounds_of
from journeys.approvers import ApproverGroup, plan
from journeys.grounds import Grounds
from journeys.ids import approval_id
from policies.model import NeedsApproval
from store.approvals import open_approval, tell_approval, withdraw_other_approvals
from store.tables import Approval
from workflows.ports import ApprovalTerms, Asked, StepRequest, Turn


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
    amount: float | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)
    similar: str = ""
    """A hash of what makes others like it; empty when each is for itself."""
    author: str = ""
    """Of the content, if it says so."""
    texts: dict[str, str] = field(default_factory=dict)
    """What of it a person may edit, by field."""
    edits: dict[str, str] = field(default_factory=dict)
    """What a person had changed of it already, by field."""


@dataclass(frozen=True)
class Question:
    """A question about a delivery or an action, by the step that would make it."""

    request: StepRequest
    terms: ApprovalTerms
    subject: Subject
    delivery_id: str
    wanted: NeedsApproval


class Questions:
    """Puts questions to the groups of one project."""

    def __init__(self, groups: Mapping[str, ApproverGroup]) -> None:
        self._groups = groups

    async def put(self, session: AsyncSession, question: Question, now: datetime) -> Asked:
        """Put a question, or find it where it was already put on the same basis."""
        approval = await open_approval(session, question.delivery_id, question.subject.basis)
        if approval is None:
            approval = self._new(question, await grounds_of(session, question.request), now)
            await withdraw_other_approvals(session, question.delivery_id, but=approval.id, at=now)
            session.add(approval)
            tell_approval(session, approval, "asked", "sojourn", now, {"reason": approval.reason})
        first = question.wanted.group
        return Asked(
            approval_id=approval.id,
            content_hash=approval.content_hash,
            group=approval.group,
            tier="human" if approval.tier == "human" else "supervised",
            people=approval.people,
            author=approval.author,
            content_author=approval.content_author,
            requester=approval.requester,
            asked_at=approval.requested_at,
            deadline=approval.deadline,
            turns=tuple(
                Turn(at=at, group=group)
                for at, group in plan(self._groups, first, approval.requested_at, question.terms.within).turns
            ),
            reason=approval.reason,
            edits=question.subject.edits,
        )

    def _new(self, question: Question, grounds: Grounds, now: datetime) -> Approval:
        request, subject, wanted = question.request, question.subject, question.wanted
        run, planned = request.run, plan(self._groups, wanted.group, now, question.terms.within)
        return Approval(
            id=approval_id(question.delivery_id, subject.content_hash, now),
            delivery_id=question.delivery_id,
            workflow_id=run.workflow_id,
            first_run_id=run.first_run_id,
            journey=run.journey,
            version=run.version,
            step_id=request.step_id,
            customer_id=subject.customer_id,
            group=wanted.group,
            tier=wanted.tier,
            people=wanted.people,
            agreed=[],
            author=question.terms.author,
            content_author=subject.author,
            requester=question.terms.requester,
            channel=subject.channel,
            recipient=subject.recipient,
            message=subject.content,
            content_hash=subject.content_hash,
            texts=subject.texts,
            basis=subject.basis,
            similar=subject.similar if wanted.tier == "supervised" and wanted.people == 1 else "",
            discount=subject.discount,
            amount=subject.amount,
            reason=wanted.reason,
            findings=subject.findings,
            grounds=grounds.model_dump(mode="json"),
            state="open",
            requested_at=now,
            deadline=planned.deadline,
            turns=[{"at": at.isoformat(), "group": group} for at, group in planned.turns if group],
            otherwise=question.terms.otherwise,
        )
