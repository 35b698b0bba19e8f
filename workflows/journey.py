"""One customer's journey, from the event that started it to its end.

The run follows its steps. At each it waits, decides or acts; what leaves asks the guard, perhaps a person,
and then leaves at most once. Whatever happens in between, a goal or a stop ends the run at once.
"""

import asyncio

from temporalio import workflow

from journeys.interrupts import Interrupt
from journeys.steps import WaitFor
from workflows.approval import Refusal, verify_decision
from workflows.conduct import Conduct, Ended, GoalReached, Interrupted, show
from workflows.moving import why_not_move
from workflows.ports import ClosedApproval, Decision
from workflows.search_attributes import JOURNEY_APPROVAL
from workflows.state import Heard, Move, Progress, RunInput, RunResult
from workflows.steps import perform
from workflows.steps.editing import edit


@workflow.defn
class CustomerJourney:
    """Runs any journey: the definition is part of the input, and stays with the run."""

    @workflow.init
    def __init__(self, given: RunInput) -> None:
        self._conduct = Conduct(given)
        self._memory = self._conduct.memory

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        """Follow the journey to its end, and say how it ended. An operator's cancellation interrupts it as any
        other end does: what is under way is waited for, and the end is written. Raises asyncio.CancelledError when
        it was that which ended the run."""
        whole = asyncio.create_task(self._run_whole())
        try:
            return await asyncio.shield(whole)
        except asyncio.CancelledError:
            self._memory.interrupt(Interrupt(kind="operator", reason="cancelled by an operator"))
            result = await whole
            if result.outcome == "operator":
                raise
            return result

    @workflow.signal(description="Something the customer did, or an outcome of a message.")
    def event(self, event: Heard) -> None:
        """Take in an event; the dispatcher sends each at least once."""
        self._memory.observe(event, workflow.now(), event.customer)

    @workflow.update(description="Decide what the run asks about, with a signed decision.")
    async def decide_approval(self, token: str) -> str:
        """Take a decision. It was checked by the validator; the answer says what became of it: `approved`,
        `rejected`, `agreed` while more people must, `handed` to others. An edit is checked here."""
        try:
            return await self._decide(token)
        except Refusal as refusal:
            raise refusal.answer() from None

    @decide_approval.validator
    def check_decision(self, token: str) -> None:
        """Refuse at once what does not count, with a reason for the approver. A refused update leaves no history,
        and so the worker tells the audit log of it."""
        try:
            self._judge(token)
        except Refusal as refusal:
            raise refusal.answer() from None

    @workflow.signal(description="A signed decision, for callers that cannot send updates.")
    async def approval(self, token: str) -> None:
        """The same as `decide_approval` without an answer: the audit log tells of what does not count."""
        try:
            await self._decide(token)
        except Refusal as refusal:
            workflow.logger.warning("a decision was refused", extra={"reason": str(refusal)})
            self._memory.refuse(refusal, workflow.now())
            await self._conduct.tell_refused()

    @workflow.query(description="What the run is doing, why, and what it waits for.")
    def progress(self) -> Progress:
        """Where the run stands now."""
        state = self._memory.state
        step = self._conduct.course.step(state.at)
        return Progress(
            at=state.at,
            doing=self._conduct.doing,
            waiting_until=state.deadline,
            waiting_for=tuple(m.event for m in step.wait_for) if isinstance(step, WaitFor) else (),
            approval=state.approval,
            facts=self._memory.facts(),
            interrupt=state.interrupt.reason if state.interrupt else "",
        )

    @workflow.query(description="Why the run cannot go on under another version; empty when it can.")
    def why_not_move(self, move: Move) -> str:
        """The judgement of the update `migrate`, without doing it."""
        return why_not_move(self._conduct, move.journey)

    @workflow.update(description="Go on under another version of the journey, at the same step.")
    def migrate(self, move: Move) -> str:
        """Move the run to another version, its wait going on as it was. The answer names the step."""
        self._conduct.move = move
        return self._memory.state.at

    @migrate.validator
    def check_move(self, move: Move) -> None:
        """Refuse at once what cannot be done now, with the reason."""
        if reason := why_not_move(self._conduct, move.journey):
            raise Refusal(reason).answer()

    async def _run_whole(self) -> RunResult:
        try:
            await self._follow()
            return await self._conduct.close("completed", "every step was done")
        except Ended as end:
            return await self._conduct.close(end.outcome, end.reason)
        except Interrupted:
            return await self._close_interrupted()

    async def _follow(self) -> None:
        state, course = self._memory.state, self._conduct.course
        at: str | None = state.at
        while at is not None:
            state.at = at
            step = course.step(at)
            try:
                self._conduct.stop_if_interrupted()
                self._conduct.continue_if_long()
                at = await perform(self._conduct, step)
            except GoalReached as goal:
                self._withdraw_question("the agent's goal was reached")
                self._conduct.finish(step, "interrupted", f"the goal of {goal.agent} was reached")
                at = goal.agent

    async def _decide(self, token: str) -> str:
        """Take the decision in a token. Raises Refusal when it does not count."""
        decision = self._judge(token)
        if decision.edits:
            decision = await edit(self._conduct, decision)
            self._memory.question.judge(decision, workflow.now())
        return self._memory.question.take(decision, workflow.now())

    def _judge(self, token: str) -> Decision:
        """The decision in a token. Raises Refusal when it does not count."""
        decision = verify_decision(token, self._conduct.given.approval_key)
        self._memory.question.judge(decision, workflow.now())
        return decision

    async def _close_interrupted(self) -> RunResult:
        interrupt = self._memory.state.interrupt or Interrupt(kind="operator", reason="stopped")
        self._withdraw_question(interrupt.reason)
        step = self._conduct.course.step(self._memory.state.at)
        self._conduct.finish(step, "interrupted", interrupt.reason)
        return await self._conduct.close(interrupt.kind, interrupt.reason)

    def _withdraw_question(self, reason: str) -> None:
        approval = self._memory.state.approval
        if approval:
            closed = ClosedApproval(
                approval_id=approval.approval_id, state="withdrawn", reason=reason, at=workflow.now()
            )
            self._memory.question.close(closed)
            show(JOURNEY_APPROVAL.value_unset())
