"""An edit of the message that a person is asked about: checked by the world, and then what is asked about."""

from temporalio import workflow

from journeys.steps import Send
from workflows import ports
from workflows.conduct import ATTEMPT, RETRY, Conduct
from workflows.ports import Decision, Grant, NotEdited, Notes
from workflows.question import EditRefused
from workflows.steps.sending import request_of


async def edit(run: Conduct, decision: Decision) -> Decision:
    """Make a decision's edits; gives the decision as one about the message that they made.

    Meanwhile the question takes no other decision. Whether this one still counts is judged again afterwards.
    Raises EditRefused, and then nothing has changed.
    """
    question, approval = run.memory.question, run.memory.state.approval
    assert approval is not None, "a decision counts only while something is asked"
    step = run.course.step(run.memory.state.at)
    if not isinstance(step, Send):
        raise EditRefused("only a message can be edited; approve this as it is, or reject it")
    edits = {**approval.edits, **decision.edits}
    shown = Grant(
        approval_id=approval.approval_id,
        content_hash=approval.content_hash,
        asked_at=approval.asked_at,
        by=decision.approver,
        at=workflow.now(),
        edits=approval.edits,
    )
    send = request_of(run, step, Notes()).model_copy(update={"grant": shown})
    question.edited_by = decision.approver
    try:
        result = await workflow.execute_local_activity(
            ports.edit_message,
            ports.EditRequest(send=send, edits=edits, by=decision.approver),
            start_to_close_timeout=ATTEMPT,
            retry_policy=RETRY,
        )
    finally:
        question.edited_by = ""
    if isinstance(result, NotEdited):
        raise EditRefused(result.reason)
    question.edit(approval.approval_id, result.content_hash, edits)
    return decision.model_copy(update={"content_hash": result.content_hash})
