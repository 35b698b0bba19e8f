"""Whether a business action may be done: by the policies that judge actions, or by a person's word."""

import hashlib

import pydantic_core
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.attempt import Attempt
from activities.facts import Gathering
from activities.guard import findings_of, overtaken, own_policies
from activities.live import Live
from activities.questions import Question, Questions, Subject
from activities.tools.model import Tool
from activities.verdicts import Judged, keep_verdict
from policies.model import Action, Deny, Hold, NeedsApproval, Policy, Ruling, rule
from policies.registry import with_always
from store.approvals import find_approval, mark_decided
from store.grants import covering_grant, use_grant
from store.tables import Approval, Customer
from workflows.ports import ActRequest, ActResult, AskRequest, Denied


class Permission:
    """Judges the business actions of one project."""

    def __init__(self, policies: Live[tuple[Policy, ...]], gathering: Gathering, questions: Questions) -> None:
        self._policies = policies
        self._gathering = gathering
        self.questions = questions

    async def refusal(
        self,
        session: AsyncSession,
        attempt: Attempt,
        request: ActRequest,
        tool: Tool | None,
        customer: Customer | None,
    ) -> ActResult | None:
        """Why the action may not be done now, or None."""
        if tool is None:
            return Denied(reason=f"no tool '{request.tool}' is set up under 'tools' in sojourn.yaml")
        try:
            tool.arguments.model_validate(request.given)
        except ValidationError as error:
            return Denied(reason=f"{request.tool} cannot take what it was given: {_brief(error)}")
        if found := await overtaken(session, request, customer, attempt.now()):
            return found
        digest = digest_of({"tool": request.tool, "given": request.given})
        granted = await _granted(session, attempt, request, digest)
        judged = _judged(request, tool, approved=granted is not None)
        own = [policy for policy in own_policies(request.policies) if policy.judges_tools]
        ours = [policy for policy in with_always(self._policies.now) if policy.judges_tools]
        policies = [*ours, *own]
        facts = await self._gathering.action_facts(session, request, judged, customer, policies, attempt.now())
        ruling = rule(policies, facts)
        keep_verdict(session, attempt.delivery_id, request.run, Judged(policies, len(own), facts, ruling))
        match ruling.verdict:
            # An action is not held: what may not be done when its step comes is not done.
            case Deny(reason=reason) | Hold(reason=reason):
                return Denied(reason=reason)
            case NeedsApproval() as wanted:
                if await _covered(session, attempt, judged, wanted):
                    return None
                question = _question(attempt, request, owner_of(request, customer), judged, wanted, ruling)
                return await self.questions.put(session, question, attempt.now())
            case _:
                if granted is not None and (grant := request.grant):
                    await mark_decided(
                        session, granted.id, state="approved", by=grant.by, reason=grant.reason, at=grant.at
                    )
                return None


def owner_of(request: ActRequest | AskRequest, customer: Customer | None) -> str:
    """Whose run it is now: the customer whom the run names may have been merged."""
    return customer.id if customer else request.run.customer_id


def digest_of(value: object) -> str:
    """The hash of all that would be done."""
    return hashlib.sha256(pydantic_core.to_json(value)).hexdigest()


def _question(
    attempt: Attempt, request: ActRequest, customer_id: str, judged: Action, wanted: NeedsApproval, ruling: Ruling
) -> Question:
    digest = digest_of({"tool": request.tool, "given": request.given})
    subject = Subject(
        channel="action",
        recipient="",
        content={"tool": request.tool, "given": request.given},
        content_hash=digest,
        basis=digest,
        customer_id=customer_id,
        discount=judged.discount,
        amount=judged.amount,
        findings=findings_of(ruling),
        similar=_similar(judged),
    )
    return Question(request, request.approval, subject, attempt.delivery_id, wanted)


def _similar(judged: Action) -> str:
    """What this action has in common with others that a person may agree to with it; its amounts are limits."""
    return digest_of([judged.journey, judged.step_id, judged.tool])


async def _covered(session: AsyncSession, attempt: Attempt, judged: Action, wanted: NeedsApproval) -> bool:
    """Whether a person agreed to all that is like this action; their word is used up by one then."""
    if wanted.tier != "supervised" or wanted.people > 1:
        return False
    limits = {"discount": judged.discount, "amount": judged.amount}
    now, delivery = attempt.now(), attempt.delivery_id
    grant = await covering_grant(session, _similar(judged), delivery, group=wanted.group, now=now, **limits)
    return grant is not None and await use_grant(session, grant.id, delivery, now)


def _judged(request: ActRequest, tool: Tool, *, approved: bool) -> Action:
    """The action as policies see it. What it gives is read from its arguments `amount` and `discount`."""
    return Action(
        journey=request.run.journey,
        step_id=request.step_id,
        channel="action",
        purpose="transactional",
        content="",
        tool=request.tool,
        amount=_number(request.given.get("amount")),
        discount=_number(request.given.get("discount")),
        sensitive=tool.sensitive,
        confidence=request.confidence,
        approved=approved,
    )


def _number(given: object) -> float | None:
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


async def _granted(session: AsyncSession, attempt: Attempt, request: ActRequest, digest: str) -> Approval | None:
    """The approval under which exactly this may be done; None when there is none for it."""
    grant = request.grant
    approval = await find_approval(session, grant.approval_id) if grant else None
    if grant is None or approval is None or grant.content_hash != digest:
        return None
    return approval if _is_for(approval, attempt, digest) else None


def _is_for(approval: Approval, attempt: Attempt, digest: str) -> bool:
    """Whether an approval is one for exactly this action."""
    same = approval.delivery_id == attempt.delivery_id and approval.content_hash == digest
    return same and approval.state in ("open", "approved")


def _brief(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'it'}: {e['msg']}" for e in error.errors())
