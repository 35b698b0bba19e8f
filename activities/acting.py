"""Business actions and questions to people: guarded, reserved and recorded like a message."""

import hashlib
from collections.abc import Mapping, Sequence

import pydantic_core
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.attempt import Attempt
from activities.channels.model import OutcomeUnknown, Refused, RetryLater
from activities.facts import Gathering
from activities.guard import findings_of, overtaken, own_policies, with_always
from activities.notes import write_down
from activities.questions import Subject, ask
from activities.tools.model import Tool, ToolResult
from policies.model import Action as Judged
from policies.model import Deny, Hold, NeedsApproval, Policy, Ruling, rule
from store.approvals import find_approval, mark_decided
from store.customers import find_customer, lock_customer
from store.database import Database
from store.ledger import find_action
from store.tables import Action, Approval, Customer
from store.timeline import write_spans
from workflows.ports import ActRequest, ActResult, Asked, AskRequest, Denied, Done, Rejected, Unknown


class Acting:
    """The `act` and `ask` activities of one worker."""

    def __init__(
        self, database: Database, tools: Mapping[str, Tool], policies: Sequence[Policy], gathering: Gathering
    ) -> None:
        self._database = database
        self._tools = tools
        self._policies = [policy for policy in with_always(policies) if policy.judges_tools]
        self._gathering = gathering

    @activity.defn
    async def ask(self, request: AskRequest) -> Asked:
        """Put a question to a person. Safe to retry: it is the same question."""
        attempt = Attempt.begin(request)
        digest = _digest(request.about)
        async with self._database.transaction() as session:
            customer = await find_customer(session, request.run.customer_id)
            subject = Subject(
                channel="question",
                recipient="",
                content={"about": request.about},
                content_hash=digest,
                basis=digest,
                customer_id=_owner(request, customer),
            )
            await write_down(session, request.run, request.notes)
            terms = request.approval
            wanted = NeedsApproval(group=terms.group or "", tier=terms.tier, reason="the journey asks for it")
            return await ask(session, request, terms, subject, attempt.delivery_id, wanted, attempt.now())

    @activity.defn
    async def act(self, request: ActRequest) -> ActResult:
        """Do a business action. Safe to retry: it is done at most once.

        Raises ApplicationError, retryable, when the other side surely did not do it but may later.
        """
        attempt = Attempt.begin(request)
        tool = self._tools.get(request.tool)
        reserved = await self._reserve(attempt, request, tool)
        if reserved is not None:
            return reserved
        assert tool is not None, "an action without a tool is denied before it is reserved"
        return await self._do(attempt, request, tool)

    async def _reserve(self, attempt: Attempt, request: ActRequest, tool: Tool | None) -> ActResult | None:
        """The transaction before the action. None when it may be done now."""
        async with self._database.transaction() as session:
            customer = await lock_customer(session, request.run.customer_id)
            customer_id = _owner(request, customer)
            await write_down(session, request.run, request.notes)
            row = await find_action(session, attempt.delivery_id)
            if row is not None and row.state == "reserved" and tool is not None and tool.repeatable:
                session.add(_reservation(attempt, request, customer_id, row))
                return None
            if row is not None and row.state != "retrying":
                return _earlier_result(row)
            refusal = await self._refusal(session, attempt, request, tool, customer)
            if refusal is not None:
                outcome, reason = refusal.outcome, getattr(refusal, "reason", "")
                await write_spans(session, [attempt.span(f"act {request.tool}", outcome, reason)])
                return refusal
            session.add(_reservation(attempt, request, customer_id, row))
            return None

    async def _refusal(
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
        digest = _digest({"tool": request.tool, "given": request.given})
        granted = await _granted(session, attempt, request, digest)
        judged = _judged(request, tool, approved=granted is not None)
        policies = [*self._policies, *(p for p in own_policies(request.policies) if p.judges_tools)]
        facts = await self._gathering.action_facts(session, request, judged, customer, policies, attempt.now())
        ruling = rule(policies, facts)
        match ruling.verdict:
            # An action is not held: what may not be done when its step comes is not done.
            case Deny(reason=reason) | Hold(reason=reason):
                return Denied(reason=reason)
            case NeedsApproval() as wanted:
                return await self._ask(
                    session, attempt, request, _owner(request, customer), digest, wanted, ruling
                )
            case _:
                if granted is not None and (grant := request.grant):
                    await mark_decided(
                        session, granted.id, state="approved", by=grant.by, reason=grant.reason, at=grant.at
                    )
                return None

    async def _ask(
        self, session: AsyncSession, attempt: Attempt, request: ActRequest, customer_id: str, digest: str,
        wanted: NeedsApproval, ruling: Ruling,
    ) -> Asked:  # fmt: skip
        subject = Subject(
            channel="action",
            recipient="",
            content={"tool": request.tool, "given": request.given},
            content_hash=digest,
            basis=digest,
            customer_id=customer_id,
            findings=findings_of(ruling),
        )
        return await ask(session, request, request.approval, subject, attempt.delivery_id, wanted, attempt.now())

    async def _do(self, attempt: Attempt, request: ActRequest, tool: Tool) -> ActResult:
        key = attempt.delivery_id
        try:
            given = tool.arguments.model_validate(request.given)
            result = await tool.do(given, request.run.customer_id, key, attempt.now())
        except RetryLater as error:
            await self._record(attempt, request, "retrying", {}, error.code, error.reason)
            raise ApplicationError(error.reason, type=error.code, next_retry_delay=error.after) from error
        except Refused as error:
            await self._record(attempt, request, "rejected", {}, error.code, error.reason)
            return Rejected(delivery_id=key, code=error.code, reason=error.reason)
        except OutcomeUnknown as error:
            if tool.repeatable:
                await self._record(attempt, request, "reserved", {}, error.code, error.reason)
                raise ApplicationError(error.reason, type=error.code) from error
            await self._record(attempt, request, "unknown", {}, error.code, error.reason)
            return Unknown(delivery_id=key, reason=error.reason)
        await self._record(attempt, request, "done", result)
        return Done(result=result)

    async def _record(
        self,
        attempt: Attempt,
        request: ActRequest,
        state: str,
        result: ToolResult,
        code: str = "",
        reason: str = "",
    ) -> None:
        """The transaction after the action."""
        async with self._database.transaction() as session:
            row = await find_action(session, attempt.delivery_id)
            if row is not None:
                row.state, row.result, row.code, row.reason = state, result, code, reason
                row.ended_at = attempt.now()
                session.add(row)
            await write_spans(session, [attempt.span(f"act {request.tool}", state, reason)])


def _owner(request: ActRequest | AskRequest, customer: Customer | None) -> str:
    """Whose run it is now: the customer whom the run names may have been merged."""
    return customer.id if customer else request.run.customer_id


def _judged(request: ActRequest, tool: Tool, *, approved: bool) -> Judged:
    """The action as policies see it. What it gives is read from its arguments `amount` and `discount`."""
    return Judged(
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


def _earlier_result(row: Action) -> ActResult:
    """What an earlier attempt of this same action came to."""
    if row.state == "reserved":
        row.state, row.code = "unknown", "worker.lost"
        row.reason = "the worker was lost between reserving and recording; it may have been done"
    if row.state == "unknown":
        return Unknown(delivery_id=row.id, reason=row.reason)
    if row.state == "rejected":
        return Rejected(delivery_id=row.id, code=row.code, reason=row.reason)
    return Done(result=row.result)


def _reservation(attempt: Attempt, request: ActRequest, customer_id: str, row: Action | None) -> Action:
    run = request.run
    row = row or Action(
        id=attempt.delivery_id,
        workflow_id=run.workflow_id,
        first_run_id=run.first_run_id,
        journey=run.journey,
        step_id=request.step_id,
        pass_=request.pass_,
        customer_id=customer_id,
        tool=request.tool,
        given=request.given,
        state="reserved",
        result={},
        reserved_at=attempt.now(),
    )
    row.state, row.attempts = "reserved", row.attempts + 1
    row.approval_id = request.grant.approval_id if request.grant else None
    return row


def _brief(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'it'}: {e['msg']}" for e in error.errors())


def _digest(value: object) -> str:
    return hashlib.sha256(pydantic_core.to_json(value)).hexdigest()
