"""Journeys written in Python: one function a step, named as in a file, giving the same model as a file does.

Conditions and values are CEL expressions, durations and moments are written as in files (`30m`, `next day at
10:00`); a `timedelta` will do too. Every function raises pydantic.ValidationError for what a file may not say.
"""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, Literal, TypeVar, cast

from journeys.model import Journey, Start, StartCap
from journeys.parts import (
    ApprovalRule,
    Budget,
    ChannelOrder,
    EventMatch,
    Goal,
    Offer,
    Part,
    Purpose,
    SendWindow,
    Tier,
)
from journeys.rewards import Rewards
from journeys.steps import (
    Act,
    Agent,
    Approve,
    Arm,
    Awaited,
    Branch,
    Case,
    Choose,
    DateWait,
    HourWait,
    Option,
    Repeat,
    RunJourney,
    Send,
    Set,
    Split,
    Step,
    Stop,
    Wait,
    WaitFor,
    Ways,
)
from journeys.times import format_duration

Steps = Sequence[Step]
Length = str | timedelta
Kind = TypeVar("Kind", bound=Part)


def journey(
    name: str,
    *steps: Step,
    owner: str,
    start: Start,
    goal: str | EventMatch | None = None,
    stop: Sequence[str | EventMatch] = (),
    life: Length | None = None,
    description: str | None = None,
    priority: int | None = None,
    holdout: float | str | None = None,
    as_usual: float | str | None = None,
    tier: Tier | None = None,
    approvers: str | None = None,
    policies: dict[str, dict[str, Any]] | None = None,
    send_window: SendWindow | None = None,
    budget: Budget | None = None,
) -> Journey:
    """A whole journey: equal to the one that a file with the same words gives, its version too."""
    built = _made(
        Journey,
        journey=name,
        steps=steps,
        owner=owner,
        start=start,
        goal=goal,
        stop=stop,
        life=life,
        description=description,
        priority=priority,
        holdout=holdout,
        as_usual=as_usual,
        tier=tier,
        approvers=approvers,
        policies=policies,
        send_window=send_window,
        budget=budget,
    )
    # Read back, so that it is made of the same parts as one from a file.
    return Journey.model_validate(built.model_dump(by_alias=True))


def start(
    event: str | None = None,
    *,
    schedule: str | None = None,
    segment: str | None = None,
    api: bool | None = None,
    where: str | None = None,
    key: str | None = None,
    again: Length | None = None,
    most: StartCap | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Start:
    """What starts a journey: one of an event, a schedule, a segment or a call of the API."""
    given = {"event": event, "schedule": schedule, "segment": segment, "api": api, "where": where, "key": key}
    return _made(Start, **given, again=again, most=most, first=first, last=last)


def goal(event: str, *, where: str | None = None, within: Length | None = None) -> Goal:
    """The event for which a journey is made."""
    return _made(Goal, event=event, where=where, within=within)


def event(name: str, *then: Step, where: str | None = None) -> Awaited:
    """An event to stop at, or to wait for with its own steps."""
    return _made(Awaited, event=name, where=where, then=then)


def wait(moment: Length | DateWait | HourWait, *, id: str | None = None) -> Wait:  # noqa: A002 the word files have
    """Do nothing until a moment; `until(...)` and `hour(...)` give one from the data."""
    return _made(Wait, id=id, wait=format_duration(moment) if isinstance(moment, timedelta) else moment)


def until(
    expression: str, *, plus: Length | None = None, minus: Length | None = None, at: time | None = None
) -> DateWait:
    """A date from the data, some time before or after it."""
    return _made(DateWait, until=expression, plus=plus, minus=minus, at=at)


def hour(expression: str) -> HourWait:
    """An hour of the customer's own day from the data, such as `customer.scores.best_hour.email`."""
    return HourWait(hour=expression)


def wait_for(
    *events: str | Awaited,
    within: str,
    need: Literal["any", "all"] | None = None,
    restart: Sequence[str | EventMatch] = (),
    then: Steps = (),
    otherwise: Steps = (),
    id: str | None = None,  # noqa: A002 the word in the files
) -> WaitFor:
    """Wait for any or all of some events."""
    given = {"within": within, "need": need, "restart": restart, "then": then, "otherwise": otherwise}
    return _made(WaitFor, id=id, wait_for=events, **given)


def send(
    channels: str | Sequence[str],
    content: str,
    *,
    order: ChannelOrder | None = None,
    if_held: Length | None = None,
    purpose: Purpose | None = None,
    offer: Offer | None = None,
    approval: str | ApprovalRule | None = None,
    otherwise: Steps = (),
    id: str | None = None,  # noqa: A002 the word in the files
) -> Send:
    """Send approved content over the first of some channels that will do."""
    given = {"order": order, "if_held": if_held, "purpose": purpose, "offer": offer, "approval": approval}
    return _made(Send, id=id, send=channels, content=content, otherwise=otherwise, **given)


def offer(discount: float | str, *, valid: Length | None = None) -> Offer:
    """What a message promises; the discount is in per cent."""
    return _made(Offer, discount=discount, valid=valid)


def branch(*cases: Case, otherwise: Steps = (), id: str | None = None) -> Branch:  # noqa: A002 the word in the files
    """The first case whose condition holds."""
    return _made(Branch, id=id, branch=cases, otherwise=otherwise)


def when(condition: str, *then: Step) -> Case:
    """One way that a branch may go."""
    return _made(Case, when=condition, then=then)


def split(experiment: str, *arms: Arm, id: str | None = None) -> Split:  # noqa: A002 the word in the files
    """Divide the customers among arms."""
    return _made(Split, id=id, split=experiment, arms=arms)


def arm(name: str, *then: Step, weight: int | None = None) -> Arm:
    """One arm of an experiment."""
    return _made(Arm, arm=name, weight=weight, then=then)


def choose(
    decision: str,
    *options: Option,
    planner: str | None = None,
    settings: Mapping[str, Any] | None = None,
    features: Mapping[str, str] | None = None,
    rewards: Rewards | None = None,
    ways: Ways | None = None,
    otherwise: Steps = (),
    id: str | None = None,  # noqa: A002 the word in the files
) -> Choose:
    """Let a planner choose one of the options."""
    given = {"planner": planner, "settings": settings, "features": features, "rewards": rewards, "ways": ways}
    return _made(Choose, id=id, choose=decision, options=options, otherwise=otherwise, **given)


def option(name: str, *then: Step, when: str | None = None) -> Option:
    """Something that a planner may choose, when its condition holds."""
    return _made(Option, option=name, when=when, then=then)


def ways(message: Send, *hours: str) -> Ways:
    """One message as many options: over each of its channels, at each of these hours of the customer's day."""
    return _made(Ways, send=message, hours=hours)


def agent(
    name: str,
    *actions: Option,
    goal: str | EventMatch,
    horizon: Length,
    cadence: Length | None = None,
    most: int | None = None,
    planner: str | None = None,
    settings: Mapping[str, Any] | None = None,
    features: Mapping[str, str] | None = None,
    rewards: Rewards | None = None,
    ways: Ways | None = None,
    then: Steps = (),
    otherwise: Steps = (),
    id: str | None = None,  # noqa: A002 the word in the files
) -> Agent:
    """Pursue a goal, an action at every turn."""
    pace = {"horizon": horizon, "cadence": cadence, "most": most}
    given = {"planner": planner, "settings": settings, "features": features, "rewards": rewards, "ways": ways}
    blocks = {"actions": actions, "then": then, "otherwise": otherwise}
    return _made(Agent, id=id, agent=name, goal=goal, **pace, **given, **blocks)


def approve(
    group: str,
    about: str,
    *,
    within: Length | None = None,
    then: Steps = (),
    otherwise: Steps = (),
    id: str | None = None,  # noqa: A002 the word in the files
) -> Approve:
    """Stop for a person of a group."""
    return _made(Approve, id=id, approve=group, about=about, within=within, then=then, otherwise=otherwise)


def act(
    tool: str,
    given: dict[str, str] | None = None,
    *,
    approval: str | ApprovalRule | None = None,
    otherwise: Steps = (),
    id: str | None = None,  # noqa: A002 the word in the files
) -> Act:
    """A business action by a tool, given the values of some expressions."""
    return _made(Act, id=id, act=tool, given=given, approval=approval, otherwise=otherwise)


def set_(attributes: dict[str, str], *, id: str | None = None) -> Set:  # noqa: A002 the word in the files
    """Set attributes such as `run.tried` or `customer.last_seen` to the values of expressions."""
    return _made(Set, id=id, set=attributes)


def run(name: str, *, wait: bool | None = None, id: str | None = None) -> RunJourney:  # noqa: A002 the word in the files
    """Run another journey for the same customer."""
    return _made(RunJourney, id=id, run=name, wait=wait)


def repeat(times: int, *steps: Step, condition: str | None = None, id: str | None = None) -> Repeat:  # noqa: A002 the word in the files
    """Do some steps again, at most so many times and only while a condition holds."""
    return _made(Repeat, id=id, repeat=times, condition=condition, steps=steps)


def stop(reason: str, *, id: str | None = None) -> Stop:  # noqa: A002 the word in the files
    """End the run here."""
    return _made(Stop, id=id, stop=reason)


def _made(kind: type[Kind], **given: object) -> Kind:
    """A part of a journey; what was not given stays at its default."""
    return kind.model_validate({name: _listed(value) for name, value in given.items() if value is not None})


def _listed(value: object) -> object:
    return list(cast(tuple[object, ...], value)) if isinstance(value, tuple) else value
