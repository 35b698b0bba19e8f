"""The guard: in one transaction it looks at everything that forbids a message and, if nothing does, reserves it.

What the guard saw cannot change before the reservation is written, so no policy can be raced: not by another
journey, not by an opt-out that was accepted a moment ago.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.asking.questions import Question, Questions, Subject
from activities.delivering.alarm import Alarm
from activities.delivering.draft import Draft, editable_texts
from activities.delivering.facts import Case, Gathering
from activities.delivering.verdicts import Judged, keep_verdict
from activities.live import Live
from activities.watching.rolled_back import closed_around
from deciding.sight import seen_of
from journeys.counting import COUNTS
from policies.model import Deny, Facts, Hold, NeedsApproval, Policy, Ruling, rule
from policies.registry import known_policies, with_always
from store.approvals import find_approval, mark_decided
from store.events import as_event
from store.grants import covering_grant, use_grant
from store.ledger import events_since
from store.tables import Approval, Customer
from workflows.ports import ActRequest, Asked, DeliverRequest, Denied, Held, Overtaken


@dataclass(frozen=True)
class Cleared:
    """Nothing forbids it: exactly this draft may leave now."""

    draft: Draft
    approval_id: str | None


Judgement = Cleared | Denied | Held | Asked | Overtaken


class Guard:
    """Judges deliveries by the policies of one project, and those of the journey on top."""

    def __init__(
        self, policies: Live[tuple[Policy, ...]], gathering: Gathering, questions: Questions, alarm: Alarm
    ) -> None:
        self._policies = policies
        self._gathering = gathering
        self._questions = questions
        self._alarm = alarm

    async def foretell(self, session: AsyncSession, case: Case) -> Judged:
        """What every policy would say now, as long as nobody has approved it. Nothing is written."""
        own = own_policies(case.request.policies)
        policies = (*with_always(self._policies.now), *own)
        facts = await self._gathering.facts(session, case, policies, approved=False)
        return Judged(policies, len(own), facts, rule(policies, facts))

    async def is_granted(self, session: AsyncSession, case: Case) -> bool:
        """Whether what the request was granted is exactly this draft, under the policies as they are now."""
        policies = (*with_always(self._policies.now), *own_policies(case.request.policies))
        return await _granted(session, case, policies) is not None

    async def judge(self, session: AsyncSession, case: Case) -> tuple[Judgement, Ruling | None]:
        """What may happen now, and what every policy said. The customer is locked already."""
        request = case.request
        if found := await overtaken(session, request, case.draft.customer, case.now):
            return found, None
        if why := await closed_around(session, request.run.journey, request.arms):
            return Denied(reason=why), None
        own = own_policies(request.policies)
        policies = (*with_always(self._policies.now), *own)
        granted = await _granted(session, case, policies)
        facts = await self._gathering.facts(session, case, policies, approved=granted is not None)
        ruling = rule(policies, facts)
        keep_verdict(session, case.delivery_id, request.run, Judged(policies, len(own), facts, ruling))
        verdict = ruling.verdict
        if isinstance(verdict, Deny):
            self._alarm.sound(request.run.journey, ruling, case.now)
            return Denied(reason=verdict.reason), ruling
        if isinstance(verdict, NeedsApproval):
            covered = await self._covered(session, case, policies, facts, verdict)
            if covered is None:
                question = _question(case, policies, verdict, ruling)
                await _settle_spent(session, case)
                return await self._questions.put(session, question, case.now), ruling
            agreed = Judged(policies, len(own), _agreed(facts), covered[1])
            keep_verdict(session, case.delivery_id, request.run, agreed)
            return covered
        if isinstance(verdict, Hold):
            return _held(request, verdict), ruling
        if granted and request.grant:
            grant = request.grant
            await mark_decided(
                session, granted.id, state="approved", by=grant.by, reason=grant.reason, at=grant.at
            )
        return Cleared(draft=case.draft, approval_id=granted.id if granted else None), ruling

    async def _covered(
        self, session: AsyncSession, case: Case, policies: tuple[Policy, ...], facts: Facts, wanted: NeedsApproval
    ) -> tuple[Judgement, Ruling] | None:
        """What may happen because a person agreed to all that is like this; None when nobody did."""
        if wanted.tier != "supervised" or wanted.people > 1:
            return None
        request = case.request
        delivery, limits = case.delivery_id, {"discount": case.draft.discount, "amount": None}
        alike = _similar(case, policies)
        grant = await covering_grant(session, alike, delivery, group=wanted.group, now=case.now, **limits)
        if grant is None:
            return None
        ruling = rule(policies, _agreed(facts))
        if isinstance(verdict := ruling.verdict, Deny):
            return Denied(reason=verdict.reason), ruling
        if isinstance(verdict, Hold):
            return _held(request, verdict), ruling
        if not await use_grant(session, grant.id, delivery, case.now, customer_id=request.run.customer_id):
            return None
        return Cleared(draft=case.draft, approval_id=grant.approval_id), ruling


def _held(request: DeliverRequest, hold: Hold) -> Held | Denied:
    """A hold, or what the step wants in its place where that lasts too long for it."""
    if request.wanted_until is not None and hold.until > request.wanted_until:
        return Denied(reason=f"{hold.reason}; the step does not wait so long")
    return Held(until=hold.until, reason=hold.reason)


def _agreed(facts: Facts) -> Facts:
    """The facts as they are once a person has agreed."""
    return facts.model_copy(update={"action": facts.action.model_copy(update={"approved": True})})


async def overtaken(
    session: AsyncSession, request: DeliverRequest | ActRequest, customer: Customer | None, now: datetime
) -> Overtaken | None:
    """Whether an event that is already accepted ends the run, though the run may not know it yet. `customer` is
    whose run it is now: the one whom the run names may have been merged."""
    rules, counts = request.interrupts, dict.fromkeys(request.interrupts.counted(), 0)
    seen = await seen_of(session, customer, rules.asked(), now) if customer else {}
    owner = customer.id if customer else request.run.customer_id
    for row in await events_since(session, owner, rules.names() | counts.keys(), request.start.seq):
        if row.name in counts:
            counts[row.name] += 1
        facts = {**request.facts, COUNTS: counts} if counts else request.facts
        if interrupt := rules.judge(as_event(row), request.start, facts, now, seen):
            return Overtaken(kind=interrupt.kind, reason=interrupt.reason)
    return None


def findings_of(ruling: Ruling | None) -> list[dict[str, Any]]:
    """What every policy said, as the ledger keeps it."""
    return [finding.model_dump(mode="json") for finding in ruling.findings] if ruling else []


def own_policies(given: dict[str, dict[str, Any]]) -> tuple[Policy, ...]:
    """A journey's own policies. They were checked when the journey was loaded."""
    return _read_policies(json.dumps(given))


@lru_cache(maxsize=256)
def _read_policies(written: str) -> tuple[Policy, ...]:
    return tuple(known_policies()[name].model_validate(given) for name, given in json.loads(written).items())


def _basis(case: Case, policies: tuple[Policy, ...]) -> str:
    """What an approval rests on: content, offer, recipient and policies; when one changes, so does this."""
    return f"{fingerprint(policies)}.{case.draft.basis}"


def fingerprint(policies: Sequence[Policy]) -> str:
    """Changes when a policy or one of its numbers does."""
    rules = "\n".join(f"{policy.name} {policy.version}" for policy in policies)
    return hashlib.sha256(rules.encode()).hexdigest()[:16]


async def _granted(session: AsyncSession, case: Case, policies: tuple[Policy, ...]) -> Approval | None:
    """The approval under which exactly this draft may leave; None when it was about anything else."""
    grant = case.request.grant
    approval = await find_approval(session, grant.approval_id) if grant else None
    if grant is None or approval is None or approval.state not in ("open", "approved"):
        return None
    if approval.delivery_id != case.delivery_id or approval.basis != _basis(case, policies):
        return None
    return approval if case.draft.content_hash == approval.content_hash == grant.content_hash else None


def _similar(case: Case, policies: tuple[Policy, ...]) -> str:
    """What this has in common with others that a person may agree to with it."""
    request, draft = case.request, case.draft
    common = [
        request.run.journey,
        request.step_id,
        draft.message.channel,
        draft.message.provider,
        request.content,
        draft.rendered.content_version,
        request.offer.model_dump_json() if request.offer else "",
        fingerprint(policies),
    ]
    return hashlib.sha256("\n".join(common).encode()).hexdigest()


def _question(case: Case, policies: tuple[Policy, ...], wanted: NeedsApproval, ruling: Ruling) -> Question:
    request, draft = case.request, case.draft
    subject = Subject(
        channel=draft.message.channel,
        recipient=draft.message.recipient,
        content=draft.message.model_dump(mode="json"),
        content_hash=draft.content_hash,
        basis=_basis(case, policies),
        discount=draft.discount,
        findings=findings_of(ruling),
        customer_id=draft.customer.id,
        similar=_similar(case, policies),
        author=draft.rendered.author,
        texts=editable_texts(request, draft),
    )
    reason = f"{wanted.reason}; {draft.made_anew}" if draft.made_anew else wanted.reason
    wanted = wanted.model_copy(update={"reason": reason})
    return Question(request, request.approval, subject, case.delivery_id, wanted)


async def _settle_spent(session: AsyncSession, case: Case) -> None:
    """A decision counts for what it was about, also when that came too late and is asked anew. Left open, that
    question would be found in place of the new one."""
    if (grant := case.request.grant) and case.draft.made_anew:
        await mark_decided(
            session, grant.approval_id, state="approved", by=grant.by, reason=grant.reason, at=grant.at
        )
