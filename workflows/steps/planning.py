"""One decision: what the planner is told, and the option it chooses."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from temporalio import workflow
from temporalio.exceptions import ActivityError

from journeys.conditions import holds
from journeys.parts import EventMatch
from journeys.steps import Agent, Choose, Option, Send, Step, Wait, walk
from journeys.times import resolve_moment, zone_or_utc
from journeys.usual import COMPARED, PLANNER, goes_as_usual
from workflows import ports
from workflows.conduct import ATTEMPT, RETRY, Conduct


async def decide(
    run: Conduct, step: Choose | Agent, decision: str, options: Sequence[Option], goal: EventMatch | None
) -> tuple[Option, ports.Choice] | str:
    """Let the planner choose among the options whose conditions hold; else why nothing was chosen."""
    scope = run.memory.scope(workflow.now())
    open_ = [option for option in options if holds(option.when, scope)]
    if not open_:
        return "nothing is open"
    request = _request(run, step, decision, open_, goal, scope)
    under_way = workflow.start_activity(
        ports.decide,
        request,
        start_to_close_timeout=ATTEMPT,
        schedule_to_close_timeout=timedelta(days=1),
        retry_policy=RETRY,
        summary=f"{step.id}: {decision}",
    )
    try:
        choice = await run.uninterrupted(under_way)
    except ActivityError as error:
        run.stop_if_interrupted()
        return f"nothing was chosen: {error.cause}"
    run.memory.written(request.notes)
    if choice.option is None:
        return choice.why
    sure = choice.confidence
    run.memory.state.confidence[step.id] = choice.probability if sure is None else sure
    return next(option for option in open_ if option.option == choice.option), choice


def _request(
    run: Conduct,
    step: Choose | Agent,
    decision: str,
    options: Sequence[Option],
    goal: EventMatch | None,
    scope: Mapping[str, Any],
) -> ports.DecideRequest:
    zone = zone_or_utc(run.memory.state.time_zone)
    sends = {option.option: _first_send(option.then, workflow.now(), zone) for option in options}
    planner, settings = _planner(run, step)
    return ports.DecideRequest(
        run=run.ref,
        step_id=step.id,
        pass_=run.memory.pass_of(step),
        now=workflow.now(),
        notes=run.memory.notes(),
        decision=decision,
        start=run.memory.start,
        planner=planner,
        settings=settings,
        options=tuple(option.option for option in options),
        sends={name: first for name, first in sends.items() if first},
        steps={option.option: tuple(inner.id for inner in walk(option.then)) for option in options if option.then},
        features=step.numbers(scope),
        names=tuple(step.features),
        true=step.true_in(scope),
        rewards=step.rewards,
        goal=goal,
        agent=isinstance(step, Agent),
        policies=run.journey.own_policies(),
        priority=run.journey.priority,
        attributes=run.memory.state.values,
    )


def _planner(run: Conduct, step: Choose | Agent) -> tuple[str, dict[str, Any]]:
    """Who decides for this customer, with its settings."""
    if goes_as_usual(run.journey.journey, run.journey.as_usual, run.ref.customer_id):
        return PLANNER, {"because": COMPARED}
    return step.planner, step.settings


def _first_send(steps: Sequence[Step], now: datetime, zone: ZoneInfo) -> ports.FirstSend | None:
    """The message that steps begin with, at once or after waits for a moment; None when they begin otherwise."""
    at = now
    for step in steps:
        if isinstance(step, Wait) and isinstance(step.wait, str):
            at = resolve_moment(step.wait, at, zone)
            continue
        if not isinstance(step, Send):
            return None
        return ports.FirstSend(
            step_id=step.id,
            channels=tuple(step.send),
            content=step.content,
            purpose=step.purpose,
            offer=step.offer,
            at=None if at == now else at,
        )
    return None
