"""Waiting for a person: the question, the answer, and what happens without one."""

from dataclasses import dataclass
from typing import Literal

from temporalio import workflow

from journeys.steps import Step
from workflows.conduct import Conduct, show
from workflows.ports import Asked, ClosedApproval, Grant
from workflows.search_attributes import JOURNEY_APPROVAL, JOURNEY_STAGE
from workflows.steps.leaving import pause_openly


@dataclass(frozen=True)
class Refused:
    """Nobody granted it."""

    outcome: Literal["rejected", "expired"]
    reason: str


async def answer(run: Conduct, step: Step, asked: Asked) -> Grant | Refused:
    """Wait for a person's decision, or for the time they have to be over."""
    approval = run.memory.ask(asked)
    show(JOURNEY_STAGE.value_set("approval"), JOURNEY_APPROVAL.value_set(asked.group))
    run.now_doing("asking")
    state = run.memory.state
    summary = f"{step.id}: approval by {asked.group}"
    await pause_openly(
        run,
        step,
        "approval",
        approval.asked_at,
        approval.deadline,
        summary,
        asked.reason,
        lambda: "" if state.decision is None else "approved" if state.decision.approved else "rejected",
        "expired",
    )
    show(JOURNEY_STAGE.value_set("running"), JOURNEY_APPROVAL.value_unset())
    decision = state.decision
    if decision is not None and decision.approved:
        run.memory.close_approval(None)
        state.grant = Grant(
            approval_id=asked.approval_id,
            content_hash=asked.content_hash,
            asked_at=asked.asked_at,
            by=decision.approver,
            reason=decision.reason,
            at=workflow.now(),
        )
        return state.grant
    refused = Refused("rejected", decision.reason) if decision else Refused("expired", "nobody decided in time")
    by = decision.approver if decision else ""
    closed = ClosedApproval(
        approval_id=asked.approval_id, state=refused.outcome, by=by, reason=refused.reason, at=workflow.now()
    )
    run.memory.close_approval(closed)
    # At once, so that nobody is still asked.
    await run.write_notes()
    return refused
