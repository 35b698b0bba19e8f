"""Whether a business action may be done: by the policies that judge actions, or by a person's word."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pydantic_core
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.asking.editable import as_agreed, written_given
from activities.asking.questions import Question, Questions, Subject
from activities.delivering.alarm import Alarm
from activities.delivering.attempt import Attempt
from activities.delivering.facts import Gathering
from activities.delivering.guard import findings_of, fingerprint, overtaken, own_policies
from activities.delivering.verdicts import Judged, keep_verdict
from activities.live import Live
from activities.tools.model import Tool
from activities.watching.rolled_back import closed_around
from policies.model import Action, Deny, Hold, NeedsApproval, Policy, Ruling, rule
from policies.registry import with_always
from store.approvals import find_approval, mark_decided
from store.grants import covering_grant, use_grant
from store.tables import Approval, Customer
from workflows.ports import ActRequest, ActResult, AskRequest, Denied


class Permission:
    """Judges the business actions of one project."""

    def __init__(
        self, policies: Live[tuple[Policy, ...]], gathering: Gathering, questions: Questions, alarm: Alarm
    ) -> None:
        self._policies = policies
        self._gathering = gathering
        self.questions = questions
        self._alarm = alarm

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
        if why := misgiven(tool, request.given):
            return Denied(reason=why)
        if found := await overtaken(session, request, customer, attempt.now()):
            return found
        if why := await closed_around(session, request.run.journey, request.arms):
            return Denied(reason=why)
        agreed, asked = as_agreed(request, tool.arguments), self._asked_of(request)
        # What it was made from is the same without what a person made of it.
        basis = f"{fingerprint(asked[0])}.{digest_of(what_is_done(request))}"
        granted = await _granted(session, attempt, agreed, basis)
        action = _action(agreed, tool, approved=granted is not None)
        judged = await self._judge(session, agreed, action, customer, asked, attempt.now())
        keep_verdict(session, attempt.delivery_id, request.run, judged)
        match judged.ruling.verdict:
            # An action is not held: what may not be done when its step comes is not done.
            case Deny(reason=reason) | Hold(reason=reason):
                self._alarm.sound(request.run.journey, judged.ruling, attempt.now())
                return Denied(reason=reason)
            case NeedsApproval() as wanted:
                if await _covered(session, attempt, agreed, action, wanted):
                    return None
                subject = _subject(agreed, owner_of(request, customer), basis, action, judged.ruling)
                if agreed is not request and request.grant:
                    subject = replace(subject, edits=request.grant.edits)
                question = Question(request, request.approval, subject, attempt.delivery_id, wanted)
                return await self.questions.put(session, question, attempt.now())
            case _:
                if granted is not None and (grant := request.grant):
                    await mark_decided(
                        session, granted.id, state="approved", by=grant.by, reason=grant.reason, at=grant.at
                    )
                return None

    async def foretell(
        self, session: AsyncSession, request: ActRequest, tool: Tool, customer: Customer | None
    ) -> Judged:
        """What every policy would say at the request's `now`, as long as nobody has approved it. Nothing is
        written."""
        action = _action(request, tool, approved=False)
        return await self._judge(session, request, action, customer, self._asked_of(request), request.now)

    async def _judge(
        self, session: AsyncSession, request: ActRequest, action: Action, customer: Customer | None,
        asked: tuple[list[Policy], int], now: datetime,
    ) -> Judged:  # fmt: skip
        """What every policy of `asked` says of an action at `now`, in UTC."""
        policies, own = asked
        facts = await self._gathering.action_facts(session, request, action, customer, policies, now)
        return Judged(policies, own, facts, rule(policies, facts))

    def _asked_of(self, request: ActRequest) -> tuple[list[Policy], int]:
        """The policies that judge an action, and how many of them, the last, are the journey's own."""
        own = [policy for policy in own_policies(request.policies) if policy.judges_tools]
        return [*(policy for policy in with_always(self._policies.now) if policy.judges_tools), *own], len(own)


def misgiven(tool: Tool, given: Mapping[str, Any]) -> str:
    """Why a tool cannot take what it is given; empty when it can."""
    try:
        tool.arguments.model_validate(given)
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, e['loc'])) or 'it'}: {e['msg']}" for e in error.errors())
        return f"{tool.name} cannot take what it was given: {'; '.join(problems)}"
    return ""


def owner_of(request: ActRequest | AskRequest, customer: Customer | None) -> str:
    """Whose run it is now: the customer whom the run names may have been merged."""
    return customer.id if customer else request.run.customer_id


def digest_of(value: object) -> str:
    """The hash of all that would be done."""
    return hashlib.sha256(pydantic_core.to_json(value)).hexdigest()


def what_is_done(request: ActRequest) -> dict[str, Any]:
    """All that would be done: what a person is shown, and what their decision is bound to."""
    return {"tool": request.tool, "given": request.given}


def _subject(request: ActRequest, customer_id: str, basis: str, action: Action, ruling: Ruling) -> Subject:
    return Subject(
        channel="action",
        recipient="",
        content=what_is_done(request),
        content_hash=digest_of(what_is_done(request)),
        basis=basis,
        customer_id=customer_id,
        discount=action.discount,
        amount=action.amount,
        findings=findings_of(ruling),
        similar=_similar(request, action),
        texts=written_given(request.given, request.approval.edit),
    )


def _similar(request: ActRequest, action: Action) -> str:
    """What this action has in common with others that a person may agree to with it; its amounts are limits, which
    hold in the currency in which the person saw them."""
    return digest_of([action.journey, action.step_id, action.tool, request.given.get("currency")])


async def _covered(
    session: AsyncSession, attempt: Attempt, request: ActRequest, action: Action, wanted: NeedsApproval
) -> bool:
    """Whether a person agreed to all that is like this action; their word is used up by one then."""
    if wanted.tier != "supervised" or wanted.people > 1:
        return False
    limits = {"discount": action.discount, "amount": action.amount}
    now, delivery, similar = attempt.now(), attempt.delivery_id, _similar(request, action)
    grant = await covering_grant(session, similar, delivery, group=wanted.group, now=now, **limits)
    if grant is None:
        return False
    return await use_grant(session, grant.id, delivery, now, customer_id=request.run.customer_id)


def _action(request: ActRequest, tool: Tool, *, approved: bool) -> Action:
    """The action as policies see it. What it gives is read from its arguments `amount` and `discount`."""
    return Action(
        journey=request.run.journey,
        step_id=request.step_id,
        channel="action",
        purpose="transactional",
        content="",
        tool=request.tool,
        amount=number(request.given.get("amount")),
        discount=number(request.given.get("discount")),
        sensitive=tool.sensitive,
        confidence=request.confidence,
        approved=approved,
    )


def number(given: object) -> float | None:
    """What a policy can hold against a limit; None for anything else."""
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


async def _granted(session: AsyncSession, attempt: Attempt, request: ActRequest, basis: str) -> Approval | None:
    """The approval under which exactly this may be done; None when it was about anything else, or other policies
    judge it by now."""
    grant = request.grant
    approval = await find_approval(session, grant.approval_id) if grant else None
    if grant is None or approval is None or approval.state not in ("open", "approved"):
        return None
    if approval.delivery_id != attempt.delivery_id or approval.basis != basis:
        return None
    return approval if digest_of(what_is_done(request)) == approval.content_hash == grant.content_hash else None
