"""The steps that choose a way: by condition, by experiment, by planner, or again and again."""

from temporalio import workflow

from journeys.assignment import arm_of
from journeys.conditions import holds
from journeys.steps import Agent, Branch, Choose, Repeat, Split
from journeys.steps.planned import NOTHING
from workflows.conduct import Conduct
from workflows.steps.planning import decide


async def branch(run: Conduct, step: Branch) -> str | None:
    """Go the first way whose condition holds."""
    await run.perceive(step)
    scope = run.memory.scope(workflow.now())
    case = next((case for case in step.branch if holds(case.when, scope)), None)
    run.finish(step, "matched" if case else "otherwise", case.when if case else "")
    return run.course.into(step, case.then if case else step.otherwise)


async def split(run: Conduct, step: Split) -> str | None:
    """Go the way of the customer's arm, or of the control while that arm is closed."""
    drawn = arm_of(step.split, run.given.customer_id, step.arms)
    assigned = await run.assign(step, drawn)
    arm = next(arm for arm in step.arms if arm.arm == assigned.arm)
    if assigned.why_not_counted:
        run.finish(step, arm.arm, assigned.why_not_counted)
    else:
        run.finish(step, arm.arm, f"arm of {step.split}", experiment=step.split, arm=arm.arm)
    return run.course.into(step, arm.then)


async def choose(run: Conduct, step: Choose) -> str | None:
    """Go the way that the planner chooses among those that are open."""
    await run.perceive(step)
    chosen = await decide(run, step, step.choose, step.options, run.journey.goal)
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
    chosen = await decide(run, step, step.agent, step.actions, step.goal)
    if isinstance(chosen, str):
        run.finish(step, "waits", chosen)
        return step.id
    option, choice = chosen
    if option.option == NOTHING and not option.then:
        run.memory.end_loop(step)
        run.finish(step, "given_up", choice.why, decision=step.agent, probability=choice.probability)
        return run.course.into(step, step.otherwise)
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
