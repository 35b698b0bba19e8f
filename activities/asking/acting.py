"""Business actions and questions to people: guarded, reserved and recorded like a message."""

from collections.abc import Mapping

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.asking.editable import as_agreed
from activities.asking.permission import Permission, currency_of, digest_of, number, owner_of
from activities.asking.questions import Question, Subject
from activities.channels.model import OutcomeUnknown, Refused, RetryLater
from activities.delivering.attempt import Attempt
from activities.notes import write_down
from activities.tools.model import Tool, ToolResult
from policies.model import NeedsApproval
from store.customers import find_customer, lock_customer
from store.database import Database
from store.ledger import find_action
from store.tables import Action
from store.timeline import write_spans
from workflows.ports import ActRequest, ActResult, Asked, AskRequest, Done, Rejected, Unknown


class Acting:
    """The `act` and `ask` activities of one worker."""

    def __init__(self, database: Database, tools: Mapping[str, Tool], permission: Permission) -> None:
        self._database = database
        self._tools = tools
        self._permission = permission

    @activity.defn
    async def ask(self, request: AskRequest) -> Asked:
        """Put a question to a person. Safe to retry: it is the same question."""
        attempt = Attempt.begin(request)
        digest = digest_of(request.about)
        async with self._database.transaction() as session:
            customer = await find_customer(session, request.run.customer_id)
            subject = Subject(
                channel="question",
                recipient="",
                content={"about": request.about},
                content_hash=digest,
                basis=digest,
                customer_id=owner_of(request, customer),
            )
            await write_down(session, request.run, request.notes)
            terms = request.approval
            wanted = NeedsApproval(
                group=terms.group or "", tier=terms.tier, people=terms.people, reason="the journey asks for it"
            )
            question = Question(request, terms, subject, attempt.delivery_id, wanted)
            return await self._permission.ask(session, question, attempt.now())

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
            customer_id = owner_of(request, customer)
            await write_down(session, request.run, request.notes)
            row = await find_action(session, attempt.delivery_id)
            if row is not None and row.state == "reserved" and tool is not None and tool.repeatable:
                session.add(_reservation(attempt, row, as_agreed(request, tool.arguments), customer_id))
                return None
            if row is not None and row.state != "retrying":
                return _earlier_result(row)
            refusal = await self._permission.refusal(session, attempt, request, tool, customer)
            if refusal is not None:
                outcome, reason = refusal.outcome, getattr(refusal, "reason", "")
                await write_spans(session, [attempt.span(f"act {request.tool}", outcome, reason)])
                return refusal
            assert tool is not None, "an action without a tool is refused"
            session.add(_reservation(attempt, row, as_agreed(request, tool.arguments), customer_id))
            return None

    async def _do(self, attempt: Attempt, request: ActRequest, tool: Tool) -> ActResult:
        key = attempt.delivery_id
        try:
            given = tool.arguments.model_validate(as_agreed(request, tool.arguments).given)
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


def _reservation(attempt: Attempt, row: Action | None, request: ActRequest, customer_id: str) -> Action:
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
    row.state, row.given, row.attempts = "reserved", request.given, row.attempts + 1
    row.amount, row.currency = number(request.given.get("amount")), currency_of(request.given)
    row.approval_id = request.grant.approval_id if request.grant else None
    return row
