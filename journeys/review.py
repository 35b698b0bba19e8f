"""What of a journey touches price, compliance or autonomy, and so what a change of it touches."""

from dataclasses import dataclass
from typing import Any, Literal

from journeys.model import Journey
from journeys.steps import Agent, Choose, Planned, Step, walk
from journeys.steps.planned import AS_WRITTEN

Area = Literal["price", "compliance", "autonomy"]
AREAS: tuple[Area, ...] = ("price", "compliance", "autonomy")
_PRICES = frozenset({"discount_cap", "high_value", "margin_floor", "one_offer"})
"""Policies about money; every other one is about what is allowed."""


def touches(old: Journey | None, new: Journey) -> tuple[Area, ...]:
    """The areas in which two versions differ. A journey that is new differs in what it has of them."""
    before, after = _sensitive(old) if old else {}, _sensitive(new)
    return tuple(area for area in AREAS if (before.get(area) or {}) != after[area])


@dataclass(frozen=True)
class Takeover:
    """A decision point at which a version has a planner choose, or settings of it, that did not before."""

    point: str
    step: Choose | Agent
    replaces: bool
    """Whether it chooses in the place of another. It does not where the point is new, nor in an arm of a `split`
    beside what chose there before."""


def takeovers(old: Journey, new: Journey) -> list[Takeover]:
    """Where a planner takes over, in the order of the steps.

    To choose as it is written is no taking over: it gives back what a planner had.
    """
    before, after = _planned(old), _planned(new)
    said, says = ([(point, step.planner, step.settings) for point, step in each] for each in (before, after))
    replaced = {point for point, _ in before} - {one[0] for one in said if one in says}
    return [
        Takeover(point, step, replaces=point in replaced)
        for point, step in after
        if step.planner != AS_WRITTEN and (point, step.planner, step.settings) not in said
    ]


def _planned(journey: Journey) -> list[tuple[str, Choose | Agent]]:
    """The steps at which planners choose, by the name of the point: recorded decisions bear it, and not the id."""
    return [
        (step.choose if isinstance(step, Choose) else step.agent, step)
        for step in walk(journey.steps)
        if isinstance(step, Choose | Agent)
    ]


def _sensitive(journey: Journey) -> dict[Area, dict[str, Any]]:
    """What a journey says in each area, by where it says it; nothing where it says what is safe by itself."""
    policies = journey.own_policies()
    found: dict[Area, dict[str, Any]] = {
        "price": {name: policies[name] for name in policies.keys() & _PRICES},
        "compliance": {name: policies[name] for name in policies.keys() - _PRICES},
        "autonomy": {} if journey.tier == "full" else {"tier": [journey.tier, journey.approvers]},
    }
    for step in walk(journey.steps):
        for area, said in _said(step).items():
            found[area][step.id] = said
    return found


def _said(step: Step) -> dict[Area, Any]:
    written = step.model_dump(mode="json", by_alias=True)
    said: dict[Area, Any] = {}
    if written.get("offer") or written.get("act"):
        said["price"] = {key: written.get(key) for key in ("offer", "act", "with")}
    if written.get("purpose", "marketing") != "marketing":
        said["compliance"] = written["purpose"]
    if written.get("approval"):
        said["autonomy"] = written["approval"]
    if isinstance(step, Planned) and step.planner != AS_WRITTEN:
        said["autonomy"] = [step.planner, written.get("settings")]
    return said
