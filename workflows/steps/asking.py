"""Waiting for a person: the question, the answer, and what happens without one."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from temporalio import workflow

from journeys.steps import Step
from workflows.conduct import Conduct, show
from workflows.ports import Asked, ClosedApproval, Grant
from workflows.search_attributes import JOURNEY_APPROVAL, JOURNEY_STAGE
from workflows.state import OpenApproval, RunState
from workflows.steps.leaving import pause_openly


@dataclass(frozen=True)
class Refused:
    """Nobody granted it."""

    outcome: Literal["rejected", "expired"]
    reason: str


async def answer(run: Conduct, step: Step, asked: Asked) -> Grant | Refused:
    """Wait for a person's decision, or for the time they have to be over."""
    approval = run.memory.question.ask(asked)
    show(JOURNEY_STAGE.value_set("approval"), JOURNEY_APPROVAL.value_set(asked.group))
    run.now_doing("asking")
    state = run.memory.state
    await pause_openly(run, step, "approval", approval.asked_at, asked.reason, partial(_settled, run, step))
    show(JOURNEY_STAGE.value_set("running"), JOURNEY_APPROVAL.value_unset())
    decision = state.decision
    agreed = state.approval
    if decision is not None and decision.approved and agreed is not None:
        run.memory.question.close(None)
        state.grant = Grant(
            approval_id=agreed.approval_id,
            content_hash=agreed.content_hash,
            asked_at=agreed.asked_at,
            by=decision.approver,
            reason=decision.reason,
            at=workflow.now(),
            edits=agreed.edits,
        )
        return state.grant
    refused = Refused("rejected", decision.reason) if decision else Refused("expired", "nobody decided in time")
    by = decision.approver if decision else ""
    closed = ClosedApproval(
        approval_id=asked.approval_id, state=refused.outcome, by=by, reason=refused.reason, at=workflow.now()
    )
    run.memory.question.close(closed)
    # At once, so that nobody is still asked.
    await run.write_notes()
    return refused


async def _settled(run: Conduct, step: Step) -> str:
    """Wait until it is `approved`, `rejected` or `expired`; meanwhile others may be asked."""
    state = run.memory.state
    while True:
        approval = state.approval
        assert approval is not None, "a question is open until it is settled here"
        until = approval.turns[0].at if approval.turns else approval.deadline
        summary = f"{step.id}: approval by {approval.assignee or approval.group}"
        await run.pause(until, summary, partial(_is_changed, state, approval))
        if state.decision is not None:
            return "approved" if state.decision.approved else "rejected"
        if state.approval is approval:
            if not approval.turns:
                return "expired"
            run.memory.question.turn(workflow.now())
        if state.approval and state.approval.group != approval.group:
            show(JOURNEY_APPROVAL.value_set(state.approval.group))
        run.now_doing("asking")
        # At once, so that whoever is asked now sees it.
        await run.write_notes()


def _is_changed(state: RunState, approval: OpenApproval) -> bool:
    return state.decision is not None or state.approval is not approval
