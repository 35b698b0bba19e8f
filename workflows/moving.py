"""Whether a run can go on under another version of its journey, from the step at which it is."""

from journeys.model import Journey
from journeys.steps import RunJourney, verb, walk
from workflows.conduct import Conduct


def why_not_move(run: Conduct, journey: Journey) -> str:
    """Why a run must stay with its version, in words; empty when it can move.

    Only a run that waits moves: what is being sent, or asked of a person, belongs to the version it began under.
    """
    state = run.memory.state
    step = run.course.step(state.at)
    if journey.journey != run.journey.journey:
        return f"it is a run of '{run.journey.journey}', not of '{journey.journey}'"
    if journey.version == run.journey.version:
        return "it has this version already"
    if state.interrupt is not None:
        return f"it is ending: {state.interrupt.reason}"
    if state.approval is not None:
        return f"it asks {state.approval.group} for approval at '{step.id}'"
    if not run.pauses:
        return f"it is busy with '{step.id}'; try again"
    same = next((other for other in walk(journey.steps) if other.id == step.id), None)
    if same is None:
        return f"it is at '{step.id}', which the new version does not have"
    if verb(same) != verb(step):
        return f"it is at '{step.id}', which is a {verb(same)} in the new version, not a {verb(step)}"
    if isinstance(step, RunJourney) and same != step:
        return f"it waits at '{step.id}' for '{step.run}' to end, and the new version does otherwise there"
    if state.came and same != step:
        return f"some of what it waits for at '{step.id}' has come, and the new version waits for something else"
    return ""
