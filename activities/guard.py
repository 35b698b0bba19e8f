"""The guard: in one transaction it looks at everything that forbids a message and, if nothing does, reserves it.

What the guard saw cannot change before the reservation is written, so no policy can be raced: not by another
journey, not by an opt-out that was accepted a moment ago.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.composing import Draft
from journeys.events import Event
from journeys.ids import approval_id
from policies.model import Action, Consent, Contact, Deny, Facts, Hold, NeedsApproval, Policy, Ruling, rule
from store.ledger import (
    consents_of,
    contacts_since,
    events_since,
    find_approval,
    horizon,
    open_approval,
    withdraw_other_approvals,
)
from store.tables import Approval, Delivery
from store.timeline import close_approval
from workflows.ports import Asked, DeliverRequest, Denied, Grant, Held, Overtaken


@dataclass(frozen=True)
class Cleared:
    """Nothing forbids it: exactly the draft's message may leave now."""

    draft: Draft
    approval_id: str | None


Judgement = Cleared | Denied | Held | Asked | Overtaken


class Guard:
    """Judges deliveries by the policies of one project."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = tuple(policies)
        self._days = max((policy.horizon_days for policy in policies), default=0)
        rules = "\n".join(f"{policy.name} {policy.model_dump_json()}" for policy in policies)
        self._rules = hashlib.sha256(rules.encode()).hexdigest()[:16]

    def _basis(self, draft: Draft) -> str:
        """What an approval rests on: content, offer, recipient and policies; when one changes, so does this."""
        return f"{self._rules}.{draft.basis}"

    async def judge(
        self, session: AsyncSession, request: DeliverRequest, draft: Draft, delivery_id: str, now: datetime
    ) -> tuple[Judgement, Ruling | None]:
        """What may happen to this delivery now, and what every policy said. The customer is locked already."""
        if overtaken := await self._overtaken(session, request, now):
            return overtaken, None
        granted = await self._granted(session, request.grant, draft, delivery_id)
        facts = await self._facts(session, request, draft, delivery_id, now, approved=granted is not None)
        ruling = rule(self._policies, facts)
        verdict = ruling.verdict
        if isinstance(verdict, Deny):
            return Denied(reason=verdict.reason), ruling
        if isinstance(verdict, NeedsApproval):
            return await self._ask(session, request, draft, delivery_id, now, verdict, ruling), ruling
        if request.approval_group and granted is None:
            wanted = NeedsApproval(group=request.approval_group, reason="the journey asks for it")
            return await self._ask(session, request, draft, delivery_id, now, wanted, ruling), ruling
        if isinstance(verdict, Hold):
            return Held(until=verdict.until, reason=verdict.reason), ruling
        if granted and request.grant:
            grant = request.grant
            await close_approval(session, granted.id, "approved", grant.by, grant.reason, grant.at)
        return Cleared(draft=draft, approval_id=granted.id if granted else None), ruling

    async def _overtaken(self, session: AsyncSession, request: DeliverRequest, now: datetime) -> Overtaken | None:
        """Whether an event that is already accepted ends the run, though the run may not know it yet."""
        names = request.interrupts.names()
        for row in await events_since(session, request.run.customer_id, names, request.start.seq):
            event = Event(
                id=row.id, name=row.name, at=row.occurred_at, seq=row.seq or 0, properties=row.properties
            )
            if interrupt := request.interrupts.judge(event, request.start, request.facts, now):
                return Overtaken(reason=interrupt.reason)
        return None

    async def _granted(
        self, session: AsyncSession, grant: Grant | None, draft: Draft, delivery_id: str
    ) -> Approval | None:
        """The approval under which exactly this draft may leave; None when it was about anything else."""
        approval = await find_approval(session, grant.approval_id) if grant else None
        if grant is None or approval is None or approval.state not in ("open", "approved"):
            return None
        if approval.delivery_id != delivery_id or approval.basis != self._basis(draft):
            return None
        return approval if draft.content_hash == approval.content_hash == grant.content_hash else None

    async def _facts(
        self,
        session: AsyncSession,
        request: DeliverRequest,
        draft: Draft,
        delivery_id: str,
        now: datetime,
        *,
        approved: bool,
    ) -> Facts:
        customer = draft.customer
        contacts = await contacts_since(session, customer.id, horizon(now, self._days), but=delivery_id)
        return Facts(
            now=now,
            action=Action(
                journey=request.run.journey,
                step_id=request.step_id,
                channel=request.channel,
                purpose=request.purpose,
                content=request.content,
                discount=request.offer.discount if request.offer else None,
                approved=approved,
            ),
            time_zone=customer.time_zone,
            consents=tuple(
                Consent.model_validate(row.model_dump()) for row in await consents_of(session, customer.id)
            ),
            contacts=tuple(_contact(row) for row in contacts),
        )

    async def _ask(
        self,
        session: AsyncSession,
        request: DeliverRequest,
        draft: Draft,
        delivery_id: str,
        now: datetime,
        wanted: NeedsApproval,
        ruling: Ruling,
    ) -> Asked:
        """Put the question to the group, or find it where it was already put."""
        approval = await open_approval(session, delivery_id, self._basis(draft))
        if approval is None:
            approval = _question(request, draft, self._basis(draft), delivery_id, now, wanted, ruling)
            await withdraw_other_approvals(session, delivery_id, but=approval.id, at=now)
            session.add(approval)
        return Asked(
            approval_id=approval.id,
            content_hash=approval.content_hash,
            group=approval.group,
            author=approval.author,
            asked_at=approval.requested_at,
            deadline=approval.deadline,
            reason=approval.reason,
        )


def findings_of(ruling: Ruling | None) -> list[dict[str, Any]]:
    """What every policy said, as the ledger keeps it."""
    return [finding.model_dump(mode="json") for finding in ruling.findings] if ruling else []


def _contact(row: Delivery) -> Contact:
    return Contact.model_validate(
        {"channel": row.channel, "purpose": row.purpose, "at": row.sent_at or row.reserved_at}
    )


def _question(
    request: DeliverRequest,
    draft: Draft,
    basis: str,
    delivery_id: str,
    now: datetime,
    wanted: NeedsApproval,
    ruling: Ruling,
) -> Approval:
    run = request.run
    return Approval(
        id=approval_id(delivery_id, draft.content_hash, now),
        delivery_id=delivery_id,
        workflow_id=run.workflow_id,
        first_run_id=run.first_run_id,
        journey=run.journey,
        version=run.version,
        step_id=request.step_id,
        customer_id=run.customer_id,
        group=wanted.group,
        author=request.author,
        channel=request.channel,
        recipient=draft.message.recipient,
        message=draft.message.model_dump(mode="json"),
        content_hash=draft.content_hash,
        basis=basis,
        discount=request.offer.discount if request.offer else None,
        reason=wanted.reason,
        findings=findings_of(ruling),
        state="open",
        requested_at=now,
        deadline=now + request.approval_within,
        otherwise=request.otherwise,
    )
