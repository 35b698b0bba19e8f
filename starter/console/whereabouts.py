"""At which step the open runs of a journey are, as far as the store knows. A run writes down what it finished when
it next does something, so that a way it took without doing anything is not known yet."""

from collections import Counter
from collections.abc import Iterable

from journeys.course import Course
from journeys.model import Journey
from journeys.steps import Act, Agent, Approve, Branch, Choose, Option, Send, Split, Step, WaitFor, walk
from store.whereabouts import Trail

_ENDS_OF_PARTS = frozenset({"sent", "unknown", "done", "denied", "rejected"})
"""Outcomes of a part of a step after which the step has nothing left to do."""


def count_here(journey: Journey, trails: Iterable[Trail]) -> Counter[str]:
    """How many open runs are at each step, by its id."""
    course, counts = Course(journey), Counter[str]()
    known = {step.id for step in walk(journey.steps)}
    for trail in trails:
        # A run that has moved here may have left its last trail at a step that only its old version has.
        place = _place(course, trail) if trail.step_id is None or trail.step_id in known else None
        if place is not None:
            counts[place] += trail.runs
    return counts


def _place(course: Course, trail: Trail) -> str | None:
    """The step where a run is that left this trail; None when it has no further step."""
    if trail.step_id is None:
        return course.first
    step = course.step(trail.step_id)
    decided = isinstance(step, Choose | Agent)
    if trail.is_part and not decided and trail.outcome not in _ENDS_OF_PARTS:
        return step.id
    return _next(course, step, trail.outcome)


def _next(course: Course, step: Step, outcome: str) -> str | None:
    """Where a run goes from a step with an outcome; the step itself where that alone does not tell."""
    match step:
        case Send() | Act():
            done = outcome in ("sent", "unknown", "done")
            return course.after(step) if done else course.into(step, step.otherwise)
        case Approve():
            return course.into(step, step.then if outcome == "approved" else step.otherwise)
        case Split():
            return _option(course, step, {arm.arm: arm.then for arm in step.arms}, outcome)
        case Choose():
            return _option(course, step, _options(step.options) | {"otherwise": step.otherwise}, outcome)
        case Agent():
            ends = {"goal": step.then, "given_up": step.otherwise}
            steps = _options(step.actions).get(outcome)
            return steps[0].id if steps else _option(course, step, ends, outcome)
        case Branch():
            return course.into(step, step.otherwise) if outcome == "otherwise" else step.id
        case WaitFor():
            own = any(match.then for match in step.wait_for)
            came = step.id if own else course.into(step, step.then)
            return course.into(step, step.otherwise) if outcome == "timed_out" else came
        case _:
            return course.after(step)


def _options(options: list[Option]) -> dict[str, list[Step]]:
    return {option.option: option.then for option in options}


def _option(course: Course, step: Step, ways: dict[str, list[Step]], outcome: str) -> str | None:
    return course.into(step, ways[outcome]) if outcome in ways else step.id
