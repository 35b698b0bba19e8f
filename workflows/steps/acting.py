"""The other steps that act: a person's word, a business action, attributes, another journey, the end."""

from typing import Any

from pydantic_core import to_jsonable_python
from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, WorkflowAlreadyStartedError

from journeys.conditions import value
from journeys.ids import child_workflow_id
from journeys.parts import ApprovalRule
from journeys.steps import Act, Approve, RunJourney, Set, Step, Stop
from workflows import ports
from workflows.conduct import ATTEMPT, RETRY, Conduct, Ended
from workflows.narrative import timeline_url
from workflows.ports import (
    ActResult,
    Asked,
    ClosedApproval,
    Denied,
    Done,
    GaveUp,
    Grant,
    Overtaken,
    Rejected,
    Unknown,
)
from workflows.precedence import precedence
from workflows.search_attributes import at_start
from workflows.state import RunInput, RunResult
from workflows.steps.asking import Refused, answer
from workflows.steps.leaving import leave, overtaken


async def approve(run: Conduct, step: Approve) -> str | None:
    """Stop until a person has decided."""
    notes = run.memory.notes()
    request = ports.AskRequest(
        **_common(run, step, notes),
        about=step.about,
        approval=run.terms(ApprovalRule(group=step.approve, within=step.within)),
    )
    asked = await workflow.execute_activity(
        ports.ask, request, start_to_close_timeout=ATTEMPT, retry_policy=RETRY, summary=f"{step.id}: ask"
    )
    run.memory.written(notes)
    decided = await answer(run, step, asked)
    if isinstance(decided, Grant):
        run.memory.close_approval(
            ClosedApproval(
                approval_id=asked.approval_id,
                state="approved",
                by=decided.by,
                reason=decided.reason,
                at=decided.at,
            )
        )
        run.finish(step, "approved", decided.reason, by=decided.by)
        return run.course.into(step, step.then)
    run.finish(step, decided.outcome, decided.reason)
    return run.course.into(step, step.otherwise)


async def act(run: Conduct, step: Act) -> str | None:
    """Do a business action, after a person agreed where one must."""
    await run.perceive(step)
    scope = run.memory.scope(workflow.now())
    given = {name: value(expression, scope) for name, expression in step.given.items()}
    while True:
        result = await _act(run, step, given)
        if isinstance(result, Overtaken):
            await overtaken(run, step, result)
        elif isinstance(result, Asked):
            decided = await answer(run, step, result)
            if isinstance(decided, Refused):
                return _not_granted(run, step, decided)
        else:
            return _finish(run, step, result)


async def set_attributes(run: Conduct, step: Set) -> str | None:
    """Set attributes of the run, and those of the customer that last."""
    await run.perceive(step)
    scope = run.memory.scope(workflow.now())
    lasting: dict[str, Any] = {}
    for name, expression in step.set.items():
        owner, _, attribute = name.partition(".")
        # As it will be after continue-as-new and in the store, from the start.
        found = to_jsonable_python(value(expression, scope))
        (run.memory.state.values if owner == "run" else lasting)[attribute] = found
    if lasting:
        notes = run.memory.notes()
        request = ports.SetRequest(**_common(run, step, notes), attributes=lasting)
        await workflow.execute_local_activity(
            ports.set_attributes, request, start_to_close_timeout=ATTEMPT, retry_policy=RETRY
        )
        run.memory.written(notes)
    run.finish(step, "set", ", ".join(step.set))
    return run.course.after(step)


async def run_journey(run: Conduct, step: RunJourney) -> str | None:
    """Run another journey for the customer, and wait for its end if told to."""
    journey = run.given.others.get(step.run)
    if journey is None:
        run.finish(step, "failed", f"there was no journey '{step.run}' when this run started")
        return run.course.after(step)
    pass_ = run.memory.pass_of(step)
    child_id = child_workflow_id(step.run, run.given.customer_id, run.ref.workflow_id, step.id, pass_)
    opening = ports.OpenRunRequest(
        workflow_id=child_id,
        journey=step.run,
        version=journey.version,
        customer_id=run.given.customer_id,
        start_seq=run.memory.start.seq,
        now=workflow.now(),
    )
    await workflow.execute_local_activity(
        ports.open_run, opening, start_to_close_timeout=ATTEMPT, retry_policy=RETRY
    )
    base = run.given.console_url.rpartition("/runs/")[0]
    given = run.given.model_copy(
        update={"journey": journey, "state": None, "console_url": timeline_url(base, child_id)}
    )
    outcome, detail = await _follow_child(run, step, given, child_id)
    run.finish(step, outcome, detail, journey=step.run, child=child_id)
    return run.course.after(step)


async def stop(run: Conduct, step: Stop) -> str | None:
    """End the run for the stated reason."""
    run.finish(step, "stopped", step.stop)
    raise Ended("stopped", step.stop)


async def _follow_child(run: Conduct, step: RunJourney, given: RunInput, child_id: str) -> tuple[str, str]:
    """Start the other run, and wait for it if the step does. Gives the step's outcome and its detail."""
    try:
        child = await workflow.start_child_workflow(
            "CustomerJourney",
            given,
            id=child_id,
            result_type=RunResult,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            cancellation_type=workflow.ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            priority=precedence(given.journey.priority),
            search_attributes=at_start(step.run, given.customer_id),
            static_summary=f"{step.run} for {given.customer_id}, started by {run.ref.workflow_id}",
        )
    except WorkflowAlreadyStartedError:
        return "started", "it runs already"
    if not step.wait:
        return "started", ""
    life_end = run.memory.state.started_at + run.journey.life
    try:
        # The other run belongs to this execution: what continues as new could no longer see its end.
        await run.pause(life_end, f"{step.id}: {step.run} ends", child.done, may_move=False)
    finally:
        if not child.done():
            child.cancel()
            # Nothing is left behind: what this run started has closed its own books before this one ends.
            await workflow.wait_condition(child.done)
    try:
        result = await child
    except ChildWorkflowError as error:
        return "failed", str(error.cause or error)
    return result.outcome, result.reason


def _finish(run: Conduct, step: Act, result: Done | Denied | Rejected | Unknown | GaveUp) -> str | None:
    if isinstance(result, Done):
        run.memory.state.values[step.id] = result.result
        run.finish(step, "done", tool=step.act)
        return run.course.after(step)
    action = {} if isinstance(result, Denied) else {"delivery_id": result.delivery_id}
    run.finish(step, result.outcome, result.reason, tool=step.act, **action)
    # What may have been done is not made up for by something else.
    return run.course.after(step) if isinstance(result, Unknown) else run.course.into(step, step.otherwise)


def _not_granted(run: Conduct, step: Act, refused: Refused) -> str | None:
    run.finish(step, refused.outcome, refused.reason, tool=step.act)
    if step.approval and step.approval.otherwise == "stop":
        raise Ended("stopped", f"{step.id}: {refused.reason}")
    return run.course.into(step, step.otherwise)


async def _act(run: Conduct, step: Act, given: dict[str, Any]) -> ActResult | GaveUp:
    request = ports.ActRequest(
        **_common(run, step, run.memory.notes()),
        tool=step.act,
        given=given,
        approval=run.terms(step.approval),
        start=run.memory.start,
        interrupts=run.memory.interrupts,
        facts=run.memory.facts(),
        grant=run.memory.state.grant,
    )
    return await leave(run, ports.act, request, f"{step.id}: {step.act}")


def _common(run: Conduct, step: Step, notes: ports.Notes) -> dict[str, Any]:
    return {
        "run": run.ref,
        "step_id": step.id,
        "pass_": run.memory.pass_of(step),
        "now": workflow.now(),
        "notes": notes,
    }
