"""The guard: in one transaction it looks at everything that forbids a message and, if nothing does, reserves it.

What the guard saw cannot change before the reservation is written, so no policy can be raced: not by another
journey, not by an opt-out that was accepted a moment ago.
"""

import hashlib
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.asking.questions import Question, Subject
from activities.delivering.draft import Draft, editable_texts
from activities.delivering.facts import Case
from activities.delivering.judging import InForce, Judging, ended, findings_of, granted, settle
from activities.delivering.standing import Alike, Standing, standing_for
from activities.delivering.verdicts import Judged, keep_verdict
from policies.model import Deny, Facts, Hold, NeedsApproval, Ruling
from store.grants import use_grant
from store.tables import Approval
from workflows.ports import Asked, DeliverRequest, Denied, Held, Overtaken


@dataclass(frozen=True)
class Cleared:
    """Nothing forbids it: exactly this draft may leave now."""

    draft: Draft
    approval_id: str | None


Judgement = Cleared | Denied | Held | Asked | Overtaken


class Guard:
    """Judges deliveries by the policies of one project, and those of the journey on top."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging

    async def foretell(self, session: AsyncSession, case: Case) -> Judged:
        """What every policy would say now, as long as nobody has approved it. Nothing is written."""
        in_force = self._judging.in_force(case.request)
        return in_force.judge(await self._facts(session, case, in_force, approved=False))

    async def standing(self, session: AsyncSession, case: Case, judged: Judged) -> Standing | None:
        """What would answer in the place of a person for whom a ruling asks. Nothing is written."""
        in_force = self._judging.in_force(case.request)
        return await standing_for(session, _alike(case, in_force), in_force, judged)

    async def is_granted(self, session: AsyncSession, case: Case) -> bool:
        """Whether what the request was granted is exactly this draft, under the policies as they are now."""
        return await _granted(session, case, self._judging.in_force(case.request)) is not None

    async def judge(self, session: AsyncSession, case: Case) -> tuple[Judgement, Ruling | None]:
        """What may happen now, and what every policy said. The customer is locked already."""
        request = case.request
        if found := await ended(session, request, case.draft.customer, case.now):
            return found, None
        in_force = self._judging.in_force(request)
        approval = await _granted(session, case, in_force)
        judged = in_force.judge(await self._facts(session, case, in_force, approved=approval is not None))
        keep_verdict(session, case.delivery_id, request.run, judged)
        ruling, verdict = judged.ruling, judged.ruling.verdict
        self._judging.alarm.sound(request.run.journey, ruling, case.now)
        if isinstance(verdict, Deny):
            return Denied(reason=verdict.reason), ruling
        if isinstance(verdict, NeedsApproval):
            standing = await standing_for(session, _alike(case, in_force), in_force, judged)
            if standing and (covered := await _covered(session, case, standing)):
                keep_verdict(session, case.delivery_id, request.run, standing.agreed)
                return covered, standing.agreed.ruling
            question = _question(case, in_force, verdict, ruling)
            await _settle_spent(session, case)
            return await self._judging.questions.put(session, question, case.now), ruling
        if isinstance(verdict, Hold):
            return _held(request, verdict), ruling
        if approval and request.grant:
            await settle(session, request.grant)
        return Cleared(draft=case.draft, approval_id=approval.id if approval else None), ruling

    async def _facts(self, session: AsyncSession, case: Case, in_force: InForce, *, approved: bool) -> Facts:
        return await self._judging.gathering.facts(session, case, in_force.policies, approved=approved)


async def _covered(session: AsyncSession, case: Case, standing: Standing) -> Judgement | None:
    """What may happen because a person agreed to all that is like this; None when their word was used up
    meanwhile."""
    request, grant = case.request, standing.grant
    if isinstance(verdict := standing.agreed.ruling.verdict, Deny):
        return Denied(reason=verdict.reason)
    if isinstance(verdict, Hold):
        return _held(request, verdict)
    if not await use_grant(session, grant.id, case.delivery_id, case.now, customer_id=request.run.customer_id):
        return None
    return Cleared(draft=case.draft, approval_id=grant.approval_id)


def _held(request: DeliverRequest, hold: Hold) -> Held | Denied:
    """A hold, or what the step wants in its place where that lasts too long for it."""
    if request.wanted_until is not None and hold.until > request.wanted_until:
        return Denied(reason=f"{hold.reason}; the step does not wait so long")
    return Held(until=hold.until, reason=hold.reason)


def _basis(case: Case, in_force: InForce) -> str:
    """What an approval rests on: content, offer, recipient and policies; when one changes, so does this."""
    return f"{in_force.fingerprint}.{case.draft.basis}"


async def _granted(session: AsyncSession, case: Case, in_force: InForce) -> Approval | None:
    basis = _basis(case, in_force)
    return await granted(session, case.request.grant, case.delivery_id, basis, case.draft.content_hash)


def _alike(case: Case, in_force: InForce) -> Alike:
    return Alike(_similar(case, in_force), case.delivery_id, case.draft.discount, amount=None)


def _similar(case: Case, in_force: InForce) -> str:
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
        in_force.fingerprint,
    ]
    return hashlib.sha256("\n".join(common).encode()).hexdigest()


def _question(case: Case, in_force: InForce, wanted: NeedsApproval, ruling: Ruling) -> Question:
    request, draft = case.request, case.draft
    subject = Subject(
        channel=draft.message.channel,
        recipient=draft.message.recipient,
        content=draft.message.model_dump(mode="json"),
        content_hash=draft.content_hash,
        basis=_basis(case, in_force),
        discount=draft.discount,
        findings=findings_of(ruling),
        customer_id=draft.customer.id,
        similar=_similar(case, in_force),
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
        await settle(session, grant)
