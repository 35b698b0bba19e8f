"""The course of a journey: which step comes after which. A run's place in its journey is one step id."""

from collections.abc import Mapping
from types import MappingProxyType

from journeys.model import Journey
from journeys.steps import Agent, Choose, Repeat, Split, Step, children, walk

_NO_ARMS: Mapping[str, str] = MappingProxyType({})


class Course:
    """Finds steps by id and says what follows them, so that a run can go on from any step."""

    def __init__(self, journey: Journey) -> None:
        self._steps: dict[str, Step] = {step.id: step for step in walk(journey.steps)}
        self._next: dict[str, str | None] = {}
        self._chosen_by: dict[str, str | None] = {}
        self._arms: dict[str, dict[str, str]] = {}
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

    def chosen_by(self, step: Step) -> str | None:
        """The id of the step whose planner chose that this one is done: the nearest around it. None when the
        journey's author did."""
        return self._chosen_by[step.id]

    def arms_around(self, step: Step) -> dict[str, str]:
        """The arms that a step is inside, by split."""
        return self._arms[step.id]

    def _link(
        self,
        steps: list[Step],
        after: str | None,
        chosen_by: str | None = None,
        arms: Mapping[str, str] = _NO_ARMS,
    ) -> None:
        for number, step in enumerate(steps, start=1):
            following = steps[number].id if number < len(steps) else after
            self._next[step.id] = following
            self._chosen_by[step.id] = chosen_by
            self._arms[step.id] = dict(arms)
            for block in children(step):
                nearest = step.id if _is_option(step, block) else chosen_by
                around = {**arms, **_arm_of(step, block)}
                self._link(block, step.id if _loops(step, block) else following, nearest, around)


def _arm_of(step: Step, block: list[Step]) -> dict[str, str]:
    """The arm whose steps a block is, by its split; none for any other block."""
    if not isinstance(step, Split):
        return {}
    return {step.split: next(arm.arm for arm in step.arms if arm.then is block)}


def _loops(step: Step, block: list[Step]) -> bool:
    """Whether the end of a block leads back to its step: that of a repetition, and of an agent's action."""
    if isinstance(step, Repeat):
        return True
    return isinstance(step, Agent) and _is_option(step, block)


def _is_option(step: Step, block: list[Step]) -> bool:
    """Whether a planner chooses that a block is done."""
    if not isinstance(step, Choose | Agent):
        return False
    ways = step.options if isinstance(step, Choose) else step.actions
    return any(block is way.then for way in ways)
