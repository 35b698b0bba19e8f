"""What every step has that lets a planner choose: the planner, its settings, what it looks at, what it is for."""

import math
from collections.abc import Iterator
from typing import Annotated, cast

from pydantic import AfterValidator, JsonValue

from journeys.conditions import Condition, Scope, check_condition, holds, value
from journeys.parts import Part, StepId, Word
from journeys.rewards import Rewards

NOTHING = "nothing"
"""The action with which an agent leaves the customer alone for good. One of any other name without steps waits for
the next turn."""
AS_WRITTEN = "fixed"
"""The planner that takes the options as its author wrote them, one a turn."""
_CONDITION, _CHOSEN = "if", "choose"


def conditions_of(settings: JsonValue) -> Iterator[str]:
    """The conditions in a planner's settings: whatever text stands under `if`, however deep."""
    if isinstance(settings, dict):
        for key, item in settings.items():
            if key == _CONDITION and isinstance(item, str):
                yield item
            else:
                yield from conditions_of(item)
    elif isinstance(settings, list):
        for item in settings:
            yield from conditions_of(item)


def chosen_in(
    settings: JsonValue, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The options that a planner's settings name under `choose`, however deep, each with its place."""
    items = settings.items() if isinstance(settings, dict) else ()
    for key, item in [*items, *(enumerate(settings) if isinstance(settings, list) else ())]:
        if key == _CHOSEN and isinstance(item, str):
            yield (*path, key), item
        else:
            yield from chosen_in(item, (*path, key))


def _check(settings: dict[str, JsonValue]) -> dict[str, JsonValue]:
    for condition in conditions_of(cast(JsonValue, settings)):
        check_condition(condition)
    return settings


class Planned(Part):
    """A step at which a planner chooses."""

    planner: Word = AS_WRITTEN
    settings: Annotated[dict[str, JsonValue], AfterValidator(_check)] = {}
    """The planner's own. What stands under `if` is a condition."""
    features: dict[StepId, Condition] = {}
    """What the decision looks at, and nothing else: by name, an expression that gives a number or a truth."""
    rewards: Rewards | None = None
    """What its outcomes are worth; the project's where nothing is said."""

    def numbers(self, scope: Scope) -> dict[str, float]:
        """What the decision looks at, as numbers: true is 1, and what is not known is left out."""
        found = {name: value(source, scope) for name, source in self.features.items()}
        numbers = {name: float(each) for name, each in found.items() if isinstance(each, bool | int | float)}
        return {name: number for name, number in numbers.items() if math.isfinite(number)}

    def true_in(self, scope: Scope) -> tuple[str, ...]:
        """Those of the conditions in its planner's settings that hold."""
        return tuple(each for each in conditions_of(cast(JsonValue, self.settings)) if holds(each, scope))
