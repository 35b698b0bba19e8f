"""How each kind of step is done: one function a kind. It gives the id of the step that follows."""

from collections.abc import Awaitable, Callable
from typing import Any

from journeys import steps
from journeys.steps import Step
from workflows.conduct import Conduct
from workflows.steps.acting import act, approve, run_journey, set_attributes, stop
from workflows.steps.deciding import agent, branch, choose, repeat, split
from workflows.steps.sending import send
from workflows.steps.waiting import wait, wait_for

_DO: dict[type, Callable[[Conduct, Any], Awaitable[str | None]]] = {
    steps.Wait: wait,
    steps.WaitFor: wait_for,
    steps.Send: send,
    steps.Branch: branch,
    steps.Split: split,
    steps.Choose: choose,
    steps.Agent: agent,
    steps.Approve: approve,
    steps.Act: act,
    steps.Set: set_attributes,
    steps.RunJourney: run_journey,
    steps.Repeat: repeat,
    steps.Stop: stop,
}


async def perform(run: Conduct, step: Step) -> str | None:
    """Do one step; gives the id of the next, or None at the journey's end.

    Raises Interrupted, GoalReached or Ended when the run does not go on from here.
    """
    return await _DO[type(step)](run, step)
