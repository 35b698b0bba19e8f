"""The steps that choose a way: by condition, by experiment, by planner, or again and again."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from journeys.assignment import arm_of
from journeys.conditions import holds
from journeys.steps import Agent, Branch, Choose, Option, Repeat, Split, Step
from workflows import ports
from workflows.conduct import ATTEMPT, RETRY, Conduct


async def branch(run: Conduct, step: Branch) -> str | None:
    """Go the first way whose condition holds."""
    await run.perceive(step)
    scope = run.memory.scope(workflow.now())
    case = next((case for case in step.branch if holds(case.when, scope)), None)
    run.finish(step, "matched" if case else "otherwise", case.when if case else "")
    return run.course.into(step, case.then if case else step.otherwise)


async def split(run: Conduct, step: Split) -> str | None:
    """Go the way of the customer's arm."""
    arm = arm_of(step.split, run.given.customer_id, step.arms)
    run.finish(step, arm.arm, f"arm of {step.split}", experiment=step.split, arm=arm.arm)
    return run.course.into(step, arm.then)


async def choose(run: Conduct, step: Choose) -> str | None:
    """Go the way that the planner chooses among those that are open."""
    await run.perceive(step)
    chosen = await _decide(run, step, step.choose, step.planner, step.options)
    if isinstance(chosen, str):
        run.finish(step, "otherwise", chosen)
        return run.course.into(step, step.otherwise)
    option, choice = chosen
    run.finish(step, option.option, choice.why, decision=step.choose, probability=choice.probability)
    return run.course.into(step, option.then)


async def agent(run: Conduct, step: Agent) -> str | None:
    """One turn of an agent: end at its goal, its horizon or its last turn; else let it act, and come back."""
    loop = run.memory.loop(step, workflow.now())
    end = loop.started_at + step.horizon
    if loop.turns and not loop.reached:
        waited = min(workflow.now() + step.cadence, end)
        await run.pause(
            run.memory.state.deadline or waited, f"{step.id}: turn {loop.turns + 1}", lambda: loop.reached
        )
        run.memory.state.deadline = None
    if loop.reached or loop.turns >= step.most or workflow.now() >= end:
        run.memory.end_loop(step)
        why = "the goal was reached" if loop.reached else "the goal was not reached in time"
        run.finish(step, "goal" if loop.reached else "given_up", why, turns=loop.turns)
        return run.course.into(step, step.then if loop.reached else step.otherwise)
    await run.perceive(step)
    loop.turns += 1
    chosen = await _decide(run, step, step.agent, step.planner, step.actions)
    if isinstance(chosen, str):
        run.finish(step, "waits", chosen)
        return step.id
    option, choice = chosen
    run.finish(step, option.option, choice.why, decision=step.agent, probability=choice.probability)
    return option.then[0].id if option.then else step.id


async def repeat(run: Conduct, step: Repeat) -> str | None:
    """Do the steps once more, unless it was often enough or the condition no longer holds."""
    await run.perceive(step)
    loop = run.memory.loop(step, workflow.now())
    if loop.turns < step.repeat and holds(step.condition, run.memory.scope(workflow.now())):
        loop.turns += 1
        return run.course.into(step, step.steps)
    run.memory.end_loop(step)
    run.finish(step, "done", f"{loop.turns} times", turns=loop.turns)
    return run.course.after(step)


async def _decide(
    run: Conduct, step: Step, decision: str, planner: str, options: list[Option]
) -> tuple[Option, ports.Choice] | str:
    """Let the planner choose among the options whose conditions hold; else why nothing was chosen."""
    scope = run.memory.scope(workflow.now())
    open_ = [option for option in options if holds(option.when, scope)]
    if not open_:
        return "nothing is open"
    notes = run.memory.notes()
    under_way = workflow.start_activity(
        ports.decide,
        ports.DecideRequest(
            run=run.ref,
            step_id=step.id,
            pass_=run.memory.pass_of(step),
            now=workflow.now(),
            notes=notes,
            decision=decision,
            start_id=run.memory.start.id,
            planner=planner,
            options=tuple(option.option for option in open_),
        ),
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
    run.memory.written(notes)
    run.memory.state.confidence[step.id] = choice.probability
    return next(option for option in open_ if option.option == choice.option), choice
