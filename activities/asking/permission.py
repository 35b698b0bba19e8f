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
from activities.asking.questions import Question, Subject
from activities.delivering.attempt import Attempt
from activities.delivering.judging import InForce, Judging, ended, findings_of, granted, settle
from activities.delivering.standing import Alike, Standing, standing_for
from activities.delivering.verdicts import Judged, keep_verdict
from activities.tools.model import Tool
from journeys.ids import delivery_key
from policies.model import Action, Deny, Hold, NeedsApproval, Ruling
from store.grants import use_grant
from store.tables import Customer
from workflows.ports import ActRequest, ActResult, Asked, AskRequest, Denied


class Permission:
    """Judges the business actions of one project."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging

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
        if found := await ended(session, request, customer, attempt.now()):
            return found
        agreed, in_force = as_agreed(request, tool.arguments), self._judging.in_force(request)
        # What it was made from is the same without what a person made of it.
        basis, done = f"{in_force.fingerprint}.{digest_of(what_is_done(request))}", digest_of(what_is_done(agreed))
        approval = await granted(session, request.grant, attempt.delivery_id, basis, done)
        action = _action(agreed, tool, approved=approval is not None)
        judged = await self._judge(session, agreed, action, customer, in_force, attempt.now())
        keep_verdict(session, attempt.delivery_id, request.run, judged)
        self._judging.alarm.sound(request.run.journey, judged.ruling, attempt.now())
        if forbidden := _forbidden(judged):
            return forbidden
        match judged.ruling.verdict:
            case NeedsApproval() as wanted:
                alike = _alike(action, attempt.delivery_id)
                standing = await standing_for(session, alike, in_force, judged)
                if standing and await _covered(session, attempt, standing):
                    keep_verdict(session, attempt.delivery_id, request.run, standing.agreed)
                    return _forbidden(standing.agreed)
                subject = _subject(agreed, owner_of(request, customer), basis, action, judged.ruling)
                if agreed is not request and request.grant:
                    subject = replace(subject, edits=request.grant.edits)
                question = Question(request, request.approval, subject, attempt.delivery_id, wanted)
                return await self.ask(session, question, attempt.now())
            case _:
                if approval and request.grant:
                    await settle(session, request.grant)
                return None

    async def ask(self, session: AsyncSession, question: Question, now: datetime) -> Asked:
        """Put a question to people, or find it put already."""
        return await self._judging.questions.put(session, question, now)

    async def foretell(
        self, session: AsyncSession, request: ActRequest, tool: Tool, customer: Customer | None
    ) -> Judged:
        """What every policy would say at the request's `now`, as long as nobody has approved it. Nothing is
        written."""
        action = _action(request, tool, approved=False)
        return await self._judge(session, request, action, customer, self._judging.in_force(request), request.now)

    async def standing(self, session: AsyncSession, request: ActRequest, judged: Judged) -> Standing | None:
        """What would answer in the place of a person for whom a ruling asks. Nothing is written."""
        run, action = request.run, judged.facts.action
        delivery_id = delivery_key(run.workflow_id, run.first_run_id, request.step_id, request.pass_)
        alike = _alike(action, delivery_id)
        return await standing_for(session, alike, self._judging.in_force(request), judged)

    async def _judge(
        self, session: AsyncSession, request: ActRequest, action: Action, customer: Customer | None,
        in_force: InForce, now: datetime,
    ) -> Judged:  # fmt: skip
        """What every policy in force says of an action at `now`, in UTC."""
        gathering, policies = self._judging.gathering, in_force.policies
        return in_force.judge(await gathering.action_facts(session, request, action, customer, policies, now))


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
        similar=_similar(action),
        texts=written_given(request.given, request.approval.edit),
    )


def _similar(action: Action) -> str:
    """What this action has in common with others that a person may agree to with it; its amounts are limits, which
    hold in the currency in which the person saw them."""
    return digest_of([action.journey, action.step_id, action.tool, action.currency])


def _alike(action: Action, delivery_id: str) -> Alike:
    return Alike(_similar(action), delivery_id, action.discount, action.amount)


async def _covered(session: AsyncSession, attempt: Attempt, standing: Standing) -> bool:
    """Whether a person agreed to all that is like this action. Their word is used up by one where it is done."""
    if _forbidden(standing.agreed):
        return True
    run, grant = attempt.request.run, standing.grant
    return await use_grant(session, grant.id, attempt.delivery_id, attempt.now(), customer_id=run.customer_id)


def _forbidden(judged: Judged) -> Denied | None:
    """Why an action may not be done. It is not held: what may not be done when its step comes is not done."""
    verdict = judged.ruling.verdict
    return Denied(reason=verdict.reason) if isinstance(verdict, Deny | Hold) else None


def _action(request: ActRequest, tool: Tool, *, approved: bool) -> Action:
    """The action as policies see it. What it gives is read from its arguments `amount`, `currency` and
    `discount`."""
    return Action(
        journey=request.run.journey,
        step_id=request.step_id,
        channel="action",
        purpose="transactional",
        content="",
        tool=request.tool,
        amount=number(request.given.get("amount")),
        currency=currency_of(request.given),
        discount=number(request.given.get("discount")),
        sensitive=tool.sensitive,
        confidence=request.confidence,
        approved=approved,
    )


def number(given: object) -> float | None:
    """What a policy can hold against a limit; None for anything else."""
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


def currency_of(given: Mapping[str, Any]) -> str:
    """The currency of the amount that a tool is given; empty when it names none."""
    named = given.get("currency")
    return named if isinstance(named, str) else ""
