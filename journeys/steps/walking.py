"""Going through the steps of a journey: what lies inside what, and where it stands."""

from collections.abc import Iterator
from typing import cast

from pydantic import AfterValidator, JsonValue

from journeys.conditions import check_condition
from journeys.parts import Part
from journeys.steps.kinds import VERBS, Step
from journeys.steps.planned import conditions_of

Place = tuple[str | int, ...]
_IS_CONDITION = AfterValidator(check_condition)


def blocks(part: Part) -> list[tuple[Place, list[Step]]]:
    """The lists of steps inside a step, each with its place in it, in the order they are written."""
    found: list[tuple[Place, list[Step]]] = []
    for name, field in type(part).model_fields.items():
        value = cast(object, getattr(part, name))
        if not isinstance(value, list) or not value:
            continue
        items = cast(list[object], value)
        key = field.alias or name
        if isinstance(items[0], tuple(VERBS.values())):
            found.append(((key,), cast(list[Step], items)))
        elif isinstance(items[0], Part):
            inner = [(number, blocks(cast(Part, item))) for number, item in enumerate(items)]
            found += [((key, number, *place), block) for number, places in inner for place, block in places]
    return found


def children(step: Step) -> list[list[Step]]:
    """The lists of steps inside a step, in the order they are written."""
    return [block for _, block in blocks(step)]


def places(steps: list[Step], path: Place = ()) -> Iterator[tuple[Place, Step]]:
    """Every step and its place, outer before inner."""
    for number, step in enumerate(steps):
        yield (*path, number), step
        for inner, block in blocks(step):
            yield from places(block, (*path, number, *inner))


def expressions(part: Part) -> Iterator[str]:
    """The expressions of a step itself, without those of the steps inside it."""
    for name, field in type(part).model_fields.items():
        value = cast(object, getattr(part, name))
        if isinstance(value, str) and any(m == _IS_CONDITION for m in field.metadata):
            yield value
        elif isinstance(value, dict):
            items = cast(dict[str, object], value)
            yield from conditions_of(cast(JsonValue, items)) if name == "settings" else _written(items)
        elif isinstance(value, Part):
            yield from expressions(value)
        elif isinstance(value, list) and value and not isinstance(value[0], tuple(VERBS.values())):
            for item in cast(list[object], value):
                yield from expressions(item) if isinstance(item, Part) else ()


def _written(items: dict[str, object]) -> Iterator[str]:
    """The expressions that stand in a mapping by name."""
    return (item for item in items.values() if isinstance(item, str))


def walk(steps: list[Step]) -> Iterator[Step]:
    """Every step, outer before inner, in the order they are written."""
    return (step for _, step in places(steps))
