"""Steps in words, the same wherever a journey is shown: on the command line, in drawings, in the console."""

from journeys.model import Journey, Start
from journeys.parts import EventMatch
from journeys.steps import (
    Act,
    Agent,
    Approve,
    Branch,
    Choose,
    DateWait,
    HourWait,
    Place,
    Repeat,
    RunJourney,
    Send,
    Set,
    Split,
    Step,
    Stop,
    Wait,
    WaitFor,
    blocks,
)
from journeys.times import format_duration


def say_step(step: Step) -> str:
    """What a step does, in one line without its inner steps."""
    match step:
        case Wait():
            return f"wait {say_moment(step.wait)}"
        case WaitFor():
            names = (" and " if step.need == "all" else " or ").join(match.event for match in step.wait_for)
            anew = f", anew after {' or '.join(match.event for match in step.restart)}" if step.restart else ""
            return f"wait for {names} within {step.within}{anew}"
        case Send():
            offer = f", {step.offer.discount:g} % off" if step.offer else ""
            approval = f", approved by {step.approval.group}" if step.approval else ""
            if step.approval and step.approval.otherwise == "send_without_offer":
                approval += " or without it"
            best = ", the best for them first" if step.order == "best first" else ""
            return f"send {step.content} by {' or '.join(step.send)}{best}{offer}{approval}{_held(step)}"
        case Branch():
            return "branch"
        case Split():
            return f"split {step.split}"
        case Choose():
            return f"choose {step.choose} ({step.planner})"
        case Agent():
            every = format_duration(step.cadence)
            return f"agent {step.agent}: until {step.goal.event}, a turn every {every}, at most {step.most}"
        case Approve():
            return f"approval by {step.approve}: {step.about}"
        case Act():
            approval = f", approved by {step.approval.group}" if step.approval else ""
            return f"act: {step.act}{approval}"
        case Set():
            return f"set {', '.join(f'{name} = {given}' for name, given in step.set.items())}"
        case RunJourney():
            return f"run {step.run}" + ("" if step.wait else ", not waited for")
        case Repeat():
            condition = "" if step.condition == "true" else f" while {step.condition}"
            return f"repeat at most {step.repeat} times{condition}"
        case Stop():
            return f"stop: {step.stop}"


def say_blocks(step: Step) -> list[tuple[str, list[Step]]]:
    """The blocks of a step, each with the words for when it is done."""
    return [(_when(step, place), block) for place, block in blocks(step)]


def say_start(start: Start) -> str:
    """What starts a journey."""
    if start.event is not None:
        way = start.event
    elif start.schedule is not None:
        way = f"{start.schedule}, for each customer"
    else:
        way = f"becoming one of: {start.segment}" if start.segment else "a call of the API"
    return way if start.where == "true" else f"{way} where {start.where}"


def say_again(journey: Journey) -> str:
    """When a journey may start anew for the same customer and key."""
    again = journey.start.again
    return again if isinstance(again, str) else f"after {format_duration(again)}"


def say_moment(wait: DateWait | HourWait | str) -> str:
    """When a wait ends."""
    if isinstance(wait, str):
        return wait
    if isinstance(wait, HourWait):
        return f"until the hour {wait.hour}"
    plus = f" plus {format_duration(wait.plus)}" if wait.plus else ""
    minus = f" minus {format_duration(wait.minus)}" if wait.minus else ""
    at = f" at {wait.at:%H:%M}" if wait.at else ""
    return f"until {wait.until}{plus}{minus}{at}"


def _held(step: Send) -> str:
    if step.if_held == "wait":
        return ""
    return ", at once or not at all" if step.if_held == "skip" else f", within {format_duration(step.if_held)}"


def _when(step: Step, place: Place) -> str:
    name, *rest = place
    if rest and isinstance(rest[0], int):
        return _when_one(step, rest[0])
    reached = "approved" if isinstance(step, Approve) else "goal reached" if isinstance(step, Agent) else "it came"
    return {"then": reached, "steps": "each time"}.get(str(name), "otherwise")


def _when_one(step: Step, number: int) -> str:
    match step:
        case Branch():
            return f"if {step.branch[number].when}"
        case Split():
            return f"arm {step.arms[number].arm}"
        case Choose():
            return f"option {step.options[number].option}"
        case Agent():
            return f"action {step.actions[number].option}"
        case WaitFor():
            return say_event(step.wait_for[number])
        case _:
            return "otherwise"


def say_event(awaited: EventMatch) -> str:
    """`Order Completed`, and where, if not any will do."""
    return awaited.event if awaited.where == "true" else f"{awaited.event} where {awaited.where}"
