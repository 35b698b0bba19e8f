"""Sending a message: within the policies, after a person agreed where one must, at most once."""

from datetime import datetime, timedelta

from temporalio import workflow

from journeys.steps import Send
from journeys.usual import goes_as_usual
from workflows import ports
from workflows.conduct import Conduct, Ended
from workflows.ports import (
    Asked,
    DeliverResult,
    GaveUp,
    Held,
    Overtaken,
    Rejected,
    Sent,
    Unknown,
)
from workflows.steps.asking import Refused, answer
from workflows.steps.leaving import hold, leave, overtaken


async def send(run: Conduct, step: Send) -> str | None:
    """Deliver: wait out a hold, ask a person where one must decide, send once."""
    run.memory.listen_anew()
    while True:
        result = await _deliver(run, step)
        run.memory.keep_result(step, result)
        if isinstance(result, Held):
            await hold(run, step, result.until, result.reason)
        elif isinstance(result, Overtaken):
            await overtaken(run, step, result)
        elif isinstance(result, Asked):
            decided = await answer(run, step, result)
            if isinstance(decided, Refused) and not _goes_without_offer(run, step, decided):
                return _not_granted(run, step, decided)
        else:
            return _finish(run, step, result)


def request_of(run: Conduct, step: Send, notes: ports.Notes) -> ports.DeliverRequest:
    """What is asked of the world for this step as things are now."""
    memory, journey = run.memory, run.journey
    plain = memory.state.without_offer
    return ports.DeliverRequest(
        run=run.ref,
        step_id=step.id,
        pass_=memory.expect_delivery(step),
        now=workflow.now(),
        notes=notes,
        channels=tuple(step.send),
        order=step.order,
        wanted_until=_wanted_until(run, step),
        content=step.content,
        purpose=step.purpose,
        offer=None if plain else step.offer,
        # That the step wanted to ask was about its offer; the journey's own tier and the policies still may.
        approval=run.terms(None if plain else step.approval),
        policies=journey.own_policies(),
        priority=journey.priority,
        start=memory.start,
        interrupts=memory.interrupts,
        facts=memory.facts(),
        attributes=memory.state.values,
        confidence=run.confidence(step),
        as_usual=goes_as_usual(journey.journey, journey.as_usual, run.ref.customer_id),
        arms=run.course.arms_around(step),
        grant=memory.state.grant,
    )


def _wanted_until(run: Conduct, step: Send) -> datetime | None:
    if step.if_held == "wait":
        return None
    return run.memory.state.step_started_at + (timedelta() if step.if_held == "skip" else step.if_held)


async def _deliver(run: Conduct, step: Send) -> DeliverResult | GaveUp:
    request = request_of(run, step, run.memory.notes())
    return await leave(run, ports.deliver, request, f"{step.id}: {step.content} by {' or '.join(step.send)}")


def _finish(run: Conduct, step: Send, result: DeliverResult) -> str | None:
    known = isinstance(result, Sent | Unknown | Rejected | GaveUp)
    delivery = {"delivery_id": result.delivery_id} if known else {}
    channel = result.channel if isinstance(result, Sent) else ", ".join(step.send)
    detail = "" if isinstance(result, Sent) else result.reason
    left_out = {"offer": "left out: nobody decided in time"} if run.memory.state.without_offer else {}
    run.finish(step, result.outcome, detail, channel=channel, content=step.content, **delivery, **left_out)
    # What may have left is not made up for by something else.
    if isinstance(result, Sent | Unknown):
        return run.course.after(step)
    return run.course.into(step, step.otherwise)


def _goes_without_offer(run: Conduct, step: Send, refused: Refused) -> bool:
    """Whether the step is tried again without its offer: nobody decided about it, and the journey says so."""
    state = run.memory.state
    if refused.outcome != "expired" or state.without_offer or step.approval is None:
        return False
    state.without_offer = step.approval.otherwise == "send_without_offer"
    return state.without_offer


def _not_granted(run: Conduct, step: Send, refused: Refused) -> str | None:
    run.finish(step, refused.outcome, refused.reason, channel=", ".join(step.send), content=step.content)
    if step.approval and step.approval.otherwise == "stop":
        raise Ended("stopped", f"{step.id}: {refused.reason}")
    return run.course.into(step, step.otherwise)
