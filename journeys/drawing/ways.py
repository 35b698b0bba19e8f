"""The ways out of a step, as a picture has to show them: those that do something, and those that just go on."""

from dataclasses import dataclass

from journeys.steps import Act, Agent, Approve, Branch, Choose, Option, Repeat, Send, Split, Step, WaitFor
from journeys.wording import say_blocks


@dataclass(frozen=True)
class Way:
    """One way out of a step: when it is taken, and what is done on it, perhaps nothing."""

    when: str
    steps: list[Step]
    back: bool = False
    """Whether it leads back to the step, for another time."""


def ways(step: Step) -> list[Way]:
    """Every way out of a step, those that lead back first; none for a step that simply goes on."""
    told = [Way(when, block, _leads_back(step, block)) for when, block in say_blocks(step)]
    if not told and not isinstance(step, Split | Choose | Agent):
        return []
    silent = _silent(step)
    found = [*silent, *told] if isinstance(step, Send | Act) else [*told, *silent]
    return sorted(found, key=lambda way: not way.back)


def _leads_back(step: Step, block: list[Step]) -> bool:
    actions = step.actions if isinstance(step, Agent) else []
    return isinstance(step, Repeat) or any(block is action.then for action in actions)


def _silent(step: Step) -> list[Way]:
    """The ways on which nothing is done."""
    match step:
        case Send():
            return [Way("sent", [])]
        case Act():
            return [Way("done", [])]
        case Repeat():
            return [Way("then on", [])]
        case Split():
            return [Way(f"arm {arm.arm}", []) for arm in step.arms if not arm.then]
        case Choose():
            return [*_idle(step.options, "option"), *_otherwise(step.otherwise or _always_open(step))]
        case Agent():
            idle = _idle(step.actions, "action", back=True)
            return [*idle, *_empty(step.then, "goal reached"), *_otherwise(step.otherwise)]
        case Approve():
            return [*_empty(step.then, "approved"), *_otherwise(step.otherwise)]
        case Branch():
            idle = [Way(f"if {case.when}", []) for case in step.branch if not case.then]
            return [*idle, *_otherwise(step.otherwise)]
        case WaitFor():
            common = step.then or all(match.then for match in step.wait_for)
            return [*([] if common else [Way("it came", [])]), *_otherwise(step.otherwise)]
        case _:
            return []


def _idle(options: list[Option], word: str, *, back: bool = False) -> list[Way]:
    return [Way(f"{word} {option.option}", [], back) for option in options if not option.then]


def _always_open(step: Choose) -> bool:
    return any(option.when == "true" for option in step.options)


def _empty(block: list[Step], when: str) -> list[Way]:
    return [] if block else [Way(when, [])]


def _otherwise(block: object) -> list[Way]:
    return [] if block else [Way("otherwise", [])]
