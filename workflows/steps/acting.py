"""The other steps that act: a person's word, a business action, attributes, another journey, the end."""

import asyncio
from typing import Any

from pydantic_core import to_jsonable_python
from temporalio import workflow

from journeys.conditions import value
from journeys.ids import run_request_id
from journeys.parts import ApprovalRule
from journeys.requests import EndedRun
from journeys.steps import Act, Approve, RunJourney, Set, Step, Stop
from workflows import ports
from workflows.conduct import ATTEMPT, RETRY, Conduct, Ended, GoalReached, Interrupted
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
        run.memory.question.close(
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
    run.given_to_tool = {name: value(expression, scope) for name, expression in step.given.items()}
    while True:
        result = await _act(run, step)
        if isinstance(result, Overtaken):
            await overtaken(run, step, result)
        elif isinstance(result, Asked):
            decided = await answer(run, step, result)
            if isinstance(decided, Refused):
                return _not_granted(run, step, decided)
        else:
            return _finish(run, step, result)


def action_of(run: Conduct, step: Act, notes: ports.Notes) -> ports.ActRequest:
    """What is asked of the world for this step as things are now."""
    return ports.ActRequest(
        **_common(run, step, notes),
        tool=step.act,
        given=run.given_to_tool,
        approval=run.terms(step.approval),
        start=run.memory.start,
        interrupts=run.memory.interrupts,
        facts=run.memory.facts(),
        policies=run.journey.own_policies(),
        confidence=run.confidence(step),
        arms=run.course.arms_around(step),
        grant=run.memory.state.grant,
    )


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
    """Ask for a run of another journey, and wait for its end if told to."""
    ref, pass_ = run.ref, run.memory.pass_of(step)
    asked = run_request_id(ref.workflow_id, ref.first_run_id, step.id, pass_)
    # One that goes on after continue-as-new has asked already.
    if run.memory.state.deadline is None:
        notes = run.memory.notes()
        request = ports.RunRequest(
            **_common(run, step, notes), journey=step.run, start=run.memory.start, waits=step.wait
        )
        await workflow.execute_local_activity(
            ports.request_run, request, start_to_close_timeout=ATTEMPT, retry_policy=RETRY
        )
        run.memory.written(notes)
    if not step.wait:
        run.finish(step, "started", journey=step.run)
        return run.course.after(step)
    ended = await _end_of(run, step, asked)
    run.memory.state.values[step.id] = {"outcome": ended.outcome, "reason": ended.reason}
    run.finish(step, ended.outcome, ended.reason, journey=step.run, child=ended.run)
    return run.course.after(step)


async def stop(run: Conduct, step: Stop) -> str | None:
    """End the run for the stated reason."""
    run.finish(step, "stopped", step.stop)
    raise Ended("stopped", step.stop)


async def _end_of(run: Conduct, step: RunJourney, asked: str) -> EndedRun:
    """Wait for the end of the run that was asked for; when this one does not go on, call it off."""
    state = run.memory.state
    try:
        life_end = state.started_at + run.journey.life
        await run.pause(life_end, f"{step.id}: {step.run} ends", lambda: asked in state.ended)
    except (Interrupted, GoalReached, asyncio.CancelledError):
        reason = state.interrupt.reason if state.interrupt else "it goes on without it"
        request = ports.CallOffRequest(
            run=run.ref, request_id=asked, journey=step.run, reason=reason, now=workflow.now()
        )
        await workflow.execute_local_activity(
            ports.call_off_run, request, start_to_close_timeout=ATTEMPT, retry_policy=RETRY
        )
        raise
    return state.ended.pop(asked)


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


async def _act(run: Conduct, step: Act) -> ActResult | GaveUp:
    return await leave(run, ports.act, action_of(run, step, run.memory.notes()), f"{step.id}: {step.act}")


def _common(run: Conduct, step: Step, notes: ports.Notes) -> dict[str, Any]:
    return {
        "run": run.ref,
        "step_id": step.id,
        "pass_": run.memory.pass_of(step),
        "now": workflow.now(),
        "notes": notes,
    }
