"""The course of a journey: which step comes after which. A run's place in its journey is one step id."""

from journeys.model import Journey
from journeys.steps import Agent, Repeat, Step, children, walk


class Course:
    """Finds steps by id and says what follows them, so that a run can go on from any step."""

    def __init__(self, journey: Journey) -> None:
        self._steps: dict[str, Step] = {step.id: step for step in walk(journey.steps)}
        self._next: dict[str, str | None] = {}
        self.first = journey.steps[0].id
        self._link(journey.steps, None)

    def step(self, step_id: str) -> Step:
        return self._steps[step_id]

    def after(self, step: Step) -> str | None:
        """The id of the step that follows, out of the block this one closes if it must; None at the end."""
        return self._next[step.id]

    def into(self, step: Step, block: list[Step]) -> str | None:
        """The id of the first step in one of the step's blocks, or of what follows the step when it is empty."""
        if block:
            return block[0].id
        return self.after(step)

    def _link(self, steps: list[Step], after: str | None) -> None:
        for number, step in enumerate(steps, start=1):
            following = steps[number].id if number < len(steps) else after
            self._next[step.id] = following
            for block in children(step):
                self._link(block, step.id if _loops(step, block) else following)


def _loops(step: Step, block: list[Step]) -> bool:
    """Whether the end of a block leads back to its step: that of a repetition, and of an agent's action."""
    if isinstance(step, Repeat):
        return True
    return isinstance(step, Agent) and any(block is action.then for action in step.actions)
