"""One customer's journey, from the event that started it to its end.

The run follows its steps. At each it waits, decides or sends; a send asks the guard, perhaps a person,
and then leaves at most once. Whatever happens in between, a goal or a stop ends the run at once.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError

from journeys.conditions import holds
from journeys.course import Course
from journeys.events import Event
from journeys.ids import delivery_key
from journeys.interrupts import Interrupt
from journeys.model import ApprovalRule, Branch, Send, Step, Stop, Wait, WaitFor
from journeys.times import format_duration, resolve_moment, zone_or_utc
from workflows import ports
from workflows.approval import InvalidToken, verify_decision
from workflows.memory import Memory, Refusal
from workflows.narrative import describe
from workflows.ports import (
    Asked,
    ClosedApproval,
    Decision,
    DeliverResult,
    GaveUp,
    Grant,
    Held,
    Overtaken,
    Rejected,
    RunRef,
    Sent,
    Unknown,
)
from workflows.search_attributes import JOURNEY_APPROVAL, JOURNEY_STAGE
from workflows.state import Progress, RunInput, RunResult

HISTORY_LIMIT = 2_000
"""Events after which a run continues as new. Far below the server's limit, so that replays stay quick."""

_ATTEMPT = timedelta(seconds=30)
_GIVE_UP = timedelta(hours=24)
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))
_SIGNAL_LAG = timedelta(minutes=5)
"""How long to wait for a signal that the guard already saw in the store, before asking the guard again."""
_DEFAULT_APPROVAL = ApprovalRule(group="")


class Interrupted(Exception):
    """Something ended the run before its last step."""


class Ended(Exception):
    """A step ended the run."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


@workflow.defn
class CustomerJourney:
    """Runs any journey: the definition is part of the input, and stays with the run."""

    @workflow.init
    def __init__(self, given: RunInput) -> None:
        info = workflow.info()
        self._given = given
        self._course = Course(given.journey)
        self._run_ref = RunRef(
            workflow_id=info.workflow_id,
            first_run_id=info.first_execution_run_id,
            journey=given.journey.journey,
            version=given.journey.version,
            customer_id=given.customer_id,
        )
        self._memory = Memory(given, self._run_ref, workflow.now())
        self._doing: str = "waiting"

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        """Follow the journey to its end, and say how it ended."""
        try:
            await self._follow()
            return await self._close("completed", "every step was done")
        except Ended as end:
            return await self._close(end.outcome, end.reason)
        except Interrupted:
            return await self._close_interrupted()
        except asyncio.CancelledError:
            self._memory.interrupt(Interrupt(kind="operator", reason="cancelled by an operator"))
            await self._close_interrupted()
            raise

    @workflow.signal(description="Something the customer did, or an outcome of a message.")
    def event(self, event: Event) -> None:
        """Take in an event; the dispatcher sends each at least once."""
        self._memory.observe(event, workflow.now())

    @workflow.update(description="Approve or reject what the run asks about, with a signed decision.")
    def decide_approval(self, token: str) -> str:
        """Take a decision. It was checked by the validator; the answer names who decided what."""
        decision = self._memory.state.decision = self._judge(token)
        return f"{'approved' if decision.approved else 'rejected'} by {decision.approver}"

    @decide_approval.validator
    def check_decision(self, token: str) -> None:
        """Refuse at once what does not count, with a reason for the approver."""
        try:
            self._judge(token)
        except (InvalidToken, Refusal) as refusal:
            raise ApplicationError(str(refusal), type=type(refusal).__name__, non_retryable=True) from None

    @workflow.signal(description="A signed decision, for callers that cannot send updates.")
    def approval(self, token: str) -> None:
        """The same as `decide_approval` without an answer: what does not count is logged and ignored."""
        try:
            self._memory.state.decision = self._judge(token)
        except (InvalidToken, Refusal) as refusal:
            workflow.logger.warning("a decision was refused", extra={"reason": str(refusal)})

    @workflow.query(description="What the run is doing, why, and what it waits for.")
    def progress(self) -> Progress:
        """Where the run stands now."""
        state = self._memory.state
        step = self._course.step(state.at)
        return Progress(
            at=state.at,
            doing=self._doing,  # pyright: ignore[reportArgumentType] only `_now_doing` sets it, from the same words
            waiting_until=state.deadline,
            waiting_for=tuple(m.event for m in step.wait_for) if isinstance(step, WaitFor) else (),
            approval=state.approval,
            facts=self._memory.facts(),
            interrupt=state.interrupt.reason if state.interrupt else "",
        )

    def _judge(self, token: str) -> Decision:
        """The decision in a token. Raises InvalidToken or Refusal when it does not count."""
        decision = verify_decision(token, self._given.approval_key)
        self._memory.judge_decision(decision, workflow.now())
        return decision

    async def _follow(self) -> None:
        at: str | None = self._memory.state.at
        while at is not None:
            self._memory.state.at = at
            at = await self._do(self._course.step(at))

    async def _do(self, step: Step) -> str | None:
        """Do one step; gives the id of the next."""
        self._stop_if_interrupted()
        if isinstance(step, Wait):
            return await self._wait(step)
        if isinstance(step, WaitFor):
            return await self._wait_for(step)
        if isinstance(step, Branch):
            return self._branch(step)
        if isinstance(step, Send):
            return await self._send(step)
        return self._stop(step)

    async def _wait(self, step: Wait) -> str | None:
        self._memory.state.events.clear()
        await self._pause(self._deadline(step.wait), f"{step.id}: {step.wait}")
        self._memory.finish(step, workflow.now(), "elapsed", step.wait)
        return self._course.after(step)

    async def _wait_for(self, step: WaitFor) -> str | None:
        names = " or ".join(match.event for match in step.wait_for)
        found: list[Event] = []

        def came() -> bool:
            if not found and (event := self._memory.next_match(step.wait_for, workflow.now())):
                found.append(event)
            return bool(found)

        await self._pause(self._deadline(step.within), f"{step.id}: {names} within {step.within}", came)
        self._memory.state.events.clear()
        if not found:
            self._memory.finish(step, workflow.now(), "timed_out", f"no {names} within {step.within}")
            return self._course.into(step, step.otherwise)
        self._memory.finish(step, workflow.now(), "came", found[0].name, causes=[found[0].traceparent])
        return self._course.into(step, step.then)

    def _branch(self, step: Branch) -> str | None:
        scope = self._memory.scope(workflow.now())
        case = next((case for case in step.branch if holds(case.when, scope)), None)
        self._memory.finish(step, workflow.now(), "matched" if case else "otherwise", case.when if case else "")
        return self._course.into(step, case.then if case else step.otherwise)

    def _stop(self, step: Stop) -> str | None:
        self._memory.finish(step, workflow.now(), "stopped", step.stop)
        raise Ended("stopped", step.stop)

    async def _send(self, step: Send) -> str | None:
        """Deliver within the policies: wait out a hold, ask a person where one must decide, send once."""
        self._memory.state.events.clear()
        grant: Grant | None = None
        while True:
            result = await self._deliver(step, grant)
            self._memory.keep_result(step, result)
            if isinstance(result, Held):
                await self._pause(result.until, f"{step.id} held: {result.reason}")
            elif isinstance(result, Overtaken):
                await self._pause(workflow.now() + _SIGNAL_LAG, f"{step.id}: {result.reason}")
            elif isinstance(result, Asked):
                grant = await self._ask(step, result)
                if grant is None:
                    return self._course.after(step)
            else:
                self._finish_send(step, result)
                return self._course.after(step)

    async def _deliver(self, step: Send, grant: Grant | None) -> DeliverResult:
        rule = step.approval or _DEFAULT_APPROVAL
        notes = self._memory.notes()
        request = ports.DeliverRequest(
            run=self._run_ref,
            step_id=step.id,
            pass_=self._memory.expect_delivery(step),
            channel=step.send,
            content=step.content,
            purpose=step.purpose,
            offer=step.offer,
            approval_group=rule.group or None,
            author=self._given.journey.owner,
            approval_within=rule.within,
            otherwise=rule.otherwise,
            start=self._memory.start,
            interrupts=self._memory.interrupts,
            facts=self._memory.facts(),
            now=workflow.now(),
            grant=grant,
            notes=notes,
        )
        self._now_doing("sending")
        delivery = workflow.start_activity(
            ports.deliver,
            request,
            start_to_close_timeout=_ATTEMPT,
            schedule_to_close_timeout=_GIVE_UP,
            retry_policy=_RETRY,
            # An attempt that is under way is waited for, so that the record says whether it left.
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=f"{step.id}: {step.content} by {step.send}",
        )
        await workflow.wait_condition(lambda: delivery.done() or self._memory.state.interrupt is not None)
        if not delivery.done():
            delivery.cancel()
        try:
            result = await delivery
        except ActivityError as error:
            self._stop_if_interrupted()
            key = delivery_key(self._run_ref.workflow_id, self._run_ref.first_run_id, step.id, request.pass_)
            return GaveUp(delivery_id=key, reason=f"given up after {format_duration(_GIVE_UP)}: {error.cause}")
        self._memory.written(notes)
        return result

    def _finish_send(self, step: Send, result: DeliverResult) -> None:
        detail = "" if isinstance(result, Sent) else result.reason
        known = isinstance(result, Sent | Unknown | Rejected | GaveUp)
        delivery = {"delivery_id": result.delivery_id} if known else {}
        self._memory.finish(
            step, workflow.now(), result.outcome, detail, channel=step.send, content=step.content, **delivery
        )

    async def _ask(self, step: Send, asked: Asked) -> Grant | None:
        """Wait for a person. Gives what they granted, or None when the step must not be done."""
        approval = self._memory.ask(asked)
        _show([JOURNEY_STAGE.value_set("approval"), JOURNEY_APPROVAL.value_set(asked.group)])
        self._now_doing("asking")
        state = self._memory.state
        await self._pause(
            approval.deadline, f"{step.id}: approval by {asked.group}", lambda: state.decision is not None
        )
        _show([JOURNEY_STAGE.value_set("running"), JOURNEY_APPROVAL.value_unset()])
        decision = state.decision
        if decision is not None and decision.approved:
            self._memory.close_approval(None)
            return Grant(
                approval_id=asked.approval_id,
                content_hash=asked.content_hash,
                asked_at=asked.asked_at,
                by=decision.approver,
                reason=decision.reason,
                at=workflow.now(),
            )
        by, reason = (decision.approver, decision.reason) if decision else ("", "nobody decided in time")
        outcome = "rejected" if decision else "expired"
        self._memory.close_approval(
            ClosedApproval(approval_id=asked.approval_id, state=outcome, by=by, reason=reason, at=workflow.now())
        )
        self._memory.finish(step, workflow.now(), outcome, reason, channel=step.send, content=step.content)
        await self._write_notes()
        if step.approval and step.approval.otherwise == "stop":
            raise Ended("stopped", f"{step.id}: {reason}")
        return None

    async def _pause(self, until: datetime, summary: str, woken: Callable[[], bool] = lambda: False) -> None:
        """Wait until a time, or until `woken`. Raises Interrupted the moment something ends the run."""
        state = self._memory.state
        state.deadline = until
        if state.approval is None:
            self._now_doing("waiting")
        end_of_life = state.started_at + self._given.journey.life
        while not woken():
            self._stop_if_interrupted()
            remaining = min(until, end_of_life) - workflow.now()
            if remaining <= timedelta(0):
                break
            self._continue_if_long()
            try:
                await workflow.wait_condition(
                    lambda: state.interrupt is not None or woken() or _history_is_long(),
                    timeout=remaining,
                    timeout_summary=summary,
                )
            except TimeoutError:
                break
        if not woken() and workflow.now() >= end_of_life:
            self._memory.interrupt(Interrupt(kind="life", reason="the journey reached its maximum life"))
        self._stop_if_interrupted()

    def _deadline(self, moment: str) -> datetime:
        """When the wait at this step ends: as it was before the run continued as new, or from now."""
        zone = zone_or_utc(self._memory.state.time_zone)
        return self._memory.state.deadline or resolve_moment(moment, workflow.now(), zone)

    def _stop_if_interrupted(self) -> None:
        if self._memory.state.interrupt is not None:
            raise Interrupted

    def _continue_if_long(self) -> None:
        if _history_is_long():
            workflow.continue_as_new(self._given.model_copy(update={"state": self._memory.state}))

    def _now_doing(self, what: str) -> None:
        self._doing = what
        workflow.set_current_details(describe(self._given, self._memory.state, self._course, what))

    async def _close_interrupted(self) -> RunResult:
        interrupt = self._memory.state.interrupt or Interrupt(kind="operator", reason="stopped")
        approval = self._memory.state.approval
        if approval:
            self._memory.close_approval(
                ClosedApproval(
                    approval_id=approval.approval_id,
                    state="withdrawn",
                    reason=interrupt.reason,
                    at=workflow.now(),
                )
            )
            _show([JOURNEY_APPROVAL.value_unset()])
        step = self._course.step(self._memory.state.at)
        self._memory.finish(step, workflow.now(), "interrupted", interrupt.reason)
        return await self._close(interrupt.kind, interrupt.reason)

    async def _close(self, outcome: str, reason: str) -> RunResult:
        """Write the end. A local activity: it costs one event and no further task."""
        notes = self._memory.notes()
        _show([JOURNEY_STAGE.value_set(outcome)])
        self._now_doing("ended")
        request = ports.CloseRequest(
            run=self._run_ref,
            started_at=self._memory.state.started_at,
            ended_at=workflow.now(),
            outcome=outcome,
            reason=reason,
            causes=tuple([self._memory.start.traceparent] if self._memory.start.traceparent else []),
            notes=notes,
        )
        await workflow.execute_local_activity(
            ports.close_run, request, start_to_close_timeout=_ATTEMPT, retry_policy=_RETRY
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return RunResult(outcome=outcome, reason=reason)

    async def _write_notes(self) -> None:
        notes = self._memory.notes()
        await workflow.execute_local_activity(
            ports.write_notes,
            ports.NoteRequest(run=self._run_ref, notes=notes),
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
        )
        self._memory.written(notes)


def _show(attributes: list[SearchAttributeUpdate[str]]) -> None:
    workflow.upsert_search_attributes(attributes)  # pyright: ignore[reportUnknownMemberType] the SDK leaves a type open


def _history_is_long() -> bool:
    info = workflow.info()
    return info.get_current_history_length() > HISTORY_LIMIT or info.is_continue_as_new_suggested()
