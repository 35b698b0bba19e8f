"""What brought a run to a step, in words for whoever decides about it there."""

import re
from collections.abc import Mapping
from typing import Any

from journeys.events import JOURNEY_REQUESTED, OUTCOMES, SEGMENT_ENTERED
from journeys.model import Start
from journeys.parts import EventMatch
from journeys.requests import ASKED_BY
from journeys.steps import (
    Act,
    Agent,
    Approve,
    Branch,
    Choose,
    DateWait,
    HourWait,
    Place,
    Send,
    Split,
    Step,
    Wait,
    WaitFor,
    blocks,
    given_name,
    walk,
)
from journeys.times import as_duration, say_duration
from journeys.wording import say_moment

_OF_STEP = re.compile(r"""event\.step\s*==\s*["'](\w+)["']""")
_BECAME = {
    "delivered": ("arrived", "did not arrive"),
    "opened": ("was opened", "was not opened"),
    "clicked": ("was clicked", "was not clicked"),
    "replied": ("was answered", "was not answered"),
    "bounced": ("bounced", "did not bounce"),
    "complained": ("was marked as spam", "was not marked as spam"),
    "failed": ("failed", "did not fail"),
}
"""What became of a message, or did not, by its outcome."""


def say_beginning(name: str, properties: Mapping[str, Any], start: Start | None) -> str:
    """By what a run began: the event that started it, and how its journey starts if that is known."""
    if name == SEGMENT_ENTERED:
        return f"it began as they became one of “{properties.get('segment', '')}”"
    if name != JOURNEY_REQUESTED:
        return f"it began with “{name}”"
    if ASKED_BY in properties:
        return "it began as another journey asked for it"
    return (
        f"it began on schedule: {start.schedule}" if start and start.schedule else "it began as it was asked for"
    )


def say_end_of_wait(step: Step, came: bool, event: str = "") -> str:
    """What ended a wait: its time, or what was waited for, of several events the one that `came`."""
    match step:
        case WaitFor() if came:
            return _came(step, event)
        case WaitFor():
            return _did_not_come(step)
        case Wait(wait=str() as moment) if length := as_duration(moment):
            return f"{say_duration(length)} passed"
        case Wait():
            return f"the wait {_until(step.wait)} was over"
        case _:
            return "a wait was over"


def say_led_here(steps: list[Step], step_id: str, *but: str) -> list[str]:
    """Why the steps around one of the steps led there, the outer first; `but` are those that are left out."""
    for step in steps:
        for place, block in blocks(step):
            if any(inner.id == step_id for inner in walk(block)):
                here = [] if step.id in but else [_at(step, _because(step, place))]
                return [*here, *say_led_here(block, step_id, *but)]
    return []


def _until(wait: str | DateWait | HourWait) -> str:
    if not isinstance(wait, str):
        return say_moment(wait)
    if wait.startswith("next day"):
        return f"until the {wait}"
    return f"until {wait.removeprefix('at ').capitalize()}"


def _at(step: Step, why: str) -> str:
    name = given_name(step.id)
    return f"at “{name}”, {why}" if name else why


def _came(step: WaitFor, event: str) -> str:
    if step.need == "all":
        return " and ".join(_positive(match) for match in step.wait_for)
    ones = [match for match in step.wait_for if match.event == event]
    return _positive(ones[0]) if len(ones) == 1 else f"“{event}” came"


def _did_not_come(step: WaitFor) -> str:
    length = as_duration(step.within)
    passed = f"{say_duration(length)} passed" if length else f"the wait {_until(step.within)} was over"
    if len(step.wait_for) == 1 and (told := _of_message(step.wait_for[0], 1)):
        return f"{passed}, and {told}"
    names = (" and " if step.need == "all" else " or ").join(f"“{match.event}”" for match in step.wait_for)
    return f"{passed} without {names}"


def _positive(match: EventMatch) -> str:
    return _of_message(match, 0) or f"“{match.event}” came"


def _of_message(match: EventMatch, form: int) -> str:
    """What became of a message (form 0), or did not (form 1); empty for an event that is about none."""
    outcome = OUTCOMES.get(match.event)
    if outcome is None:
        return ""
    step = _OF_STEP.search(match.where)
    what = f"“{step[1].replace('_', ' ')}”" if step else "a message"
    words = _BECAME[outcome][form]
    return f"{what} {words.replace('opened', 'read') if match.event == 'Message Read' else words}"


def _because(step: Step, place: Place) -> str:
    name, *rest = place
    if rest and isinstance(rest[0], int):
        return _one_of(step, rest[0])
    if name == "then":
        return _then(step)
    return "round after round" if name == "steps" else _otherwise(step)


def _one_of(step: Step, number: int) -> str:
    match step:
        case Branch():
            return step.branch[number].when
        case Split():
            return f"the arm “{step.arms[number].arm}”"
        case Choose():
            return f"the option “{step.options[number].option}”"
        case Agent():
            return f"the action “{step.actions[number].option}”"
        case WaitFor():
            return _positive(step.wait_for[number])
        case _:
            return "otherwise"


def _then(step: Step) -> str:
    match step:
        case WaitFor():
            return (" and " if step.need == "all" else " or ").join(_positive(match) for match in step.wait_for)
        case Agent():
            return f"“{step.goal.event}” came, which was its goal"
        case Approve():
            return "a person agreed"
        case _:
            return "it was done"


def _otherwise(step: Step) -> str:
    match step:
        case Branch():
            return "none of the conditions held"
        case WaitFor():
            return _did_not_come(step)
        case Send():
            return f"{step.content} did not leave"
        case Act():
            return f"{step.act} was not done"
        case Approve():
            return "nobody agreed"
        case _:
            return "otherwise"
