"""What every step has that lets a planner choose: the planner, its settings, what it looks at, what it is for."""

from collections.abc import Iterator
from typing import Annotated, cast

from pydantic import AfterValidator, JsonValue

from journeys.conditions import Condition, check_condition
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
        for key, value in settings.items():
            if key == _CONDITION and isinstance(value, str):
                yield value
            else:
                yield from conditions_of(value)
    elif isinstance(settings, list):
        for value in settings:
            yield from conditions_of(value)


def chosen_in(
    settings: JsonValue, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The options that a planner's settings name under `choose`, however deep, each with its place."""
    items = settings.items() if isinstance(settings, dict) else ()
    for key, value in [*items, *(enumerate(settings) if isinstance(settings, list) else ())]:
        if key == _CHOSEN and isinstance(value, str):
            yield (*path, key), value
        else:
            yield from chosen_in(value, (*path, key))


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
