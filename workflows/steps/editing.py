"""An edit of what a person is asked about: checked by the world, and then what is asked about."""

from typing import Any

from temporalio import workflow

from journeys.steps import Act, Send
from workflows import ports
from workflows.conduct import ATTEMPT, RETRY, Conduct
from workflows.ports import Decision, EditResult, Grant, NotEdited, Notes
from workflows.question import EditRefused
from workflows.state import OpenApproval
from workflows.steps.acting import action_of
from workflows.steps.sending import request_of


async def edit(run: Conduct, decision: Decision) -> Decision:
    """Make a decision's edits; gives the decision as one about what they made of it.

    Meanwhile the question takes no other decision. Whether this one still counts is judged again afterwards.
    Raises EditRefused, and then nothing has changed.
    """
    question, approval = run.memory.question, run.memory.state.approval
    assert approval is not None, "a decision counts only while something is asked"
    edits = {**approval.edits, **decision.edits}
    question.edited_by = decision.approver
    try:
        result = await _edited(run, _shown(approval, decision.approver), edits)
    finally:
        question.edited_by = ""
    if isinstance(result, NotEdited):
        raise EditRefused(result.reason, decision.approver)
    question.edit(approval.approval_id, result.content_hash, edits)
    return decision.model_copy(update={"content_hash": result.content_hash})


def _shown(approval: OpenApproval, to: str) -> Grant:
    """What is asked about now, as a person would agree to it who changes nothing."""
    return Grant(
        approval_id=approval.approval_id,
        content_hash=approval.content_hash,
        asked_at=approval.asked_at,
        by=to,
        at=workflow.now(),
        edits=approval.edits,
    )


async def _edited(run: Conduct, shown: Grant, edits: dict[str, str]) -> EditResult:
    """What comes of an edit of the step that is asked about. Raises EditRefused for one that is no such step.

    No local activity, whose task is in no history yet while it runs: were the worker lost after an edit was kept,
    the decision could be lost with it, and the run would for ever ask about other words than the store.
    """
    step = run.course.step(run.memory.state.at)
    how: dict[str, Any] = {"start_to_close_timeout": ATTEMPT, "retry_policy": RETRY}
    if isinstance(step, Send):
        send = request_of(run, step, Notes()).model_copy(update={"grant": shown})
        request = ports.EditRequest(send=send, edits=edits, by=shown.by)
        return await workflow.execute_activity(ports.edit_message, request, **how)
    if isinstance(step, Act):
        act = action_of(run, step, Notes()).model_copy(update={"grant": shown})
        change = ports.EditActionRequest(act=act, edits=edits, by=shown.by)
        return await workflow.execute_activity(ports.edit_action, change, **how)
    raise EditRefused("a question is answered, not edited; approve it, or reject it")
