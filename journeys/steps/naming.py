"""Gives an id to every step that has none, so that records, traces and migrations can name it."""

import re
from typing import Any, cast

from journeys.parts import Part
from journeys.steps.kinds import VERBS, Step, verb

_DERIVED = re.compile(rf"(\w+_)?({'|'.join(VERBS)})_\d+(_\d+)?")


def with_ids(steps: list[Step], taken: set[str], prefix: str = "") -> list[Step]:
    """Derive an id for each step that has none: its verb and its place, `wait_1`, `branch_3_case_1_wait_2`."""
    named: list[Step] = []
    for number, step in enumerate(steps, start=1):
        step_id = step.id or _free(f"{prefix}{verb(step)}_{number}", taken)
        taken.add(step_id)
        named.append(cast(Step, _renamed(step, step_id, taken, {"id": step_id})))
    return named


def given_name(step_id: str) -> str:
    """The name that its author gave a step, as people read it: `second look`. Empty for an id that is derived, or
    that looks just like one."""
    return "" if _DERIVED.fullmatch(step_id) else step_id.replace("_", " ")


def _renamed(part: Part, prefix: str, taken: set[str], update: dict[str, Any]) -> Part:
    """A copy of a step, or of a part of one, whose inner steps have ids."""
    for name in type(part).model_fields:
        value = cast(object, getattr(part, name))
        items = cast(list[object], value) if isinstance(value, list) else []
        if items and isinstance(items[0], tuple(VERBS.values())):
            label = f"{prefix}_" if name == "steps" else f"{prefix}_{name}_"
            update[name] = with_ids(cast(list[Step], items), taken, label)
        elif items and isinstance(items[0], Part):
            update[name] = [
                _renamed(item, f"{prefix}_{type(item).__name__.lower()}_{number}", taken, {})
                for number, item in enumerate(cast(list[Part], items), start=1)
            ]
    return part.model_copy(update=update)


def _free(wanted: str, taken: set[str]) -> str:
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}_{number}"
    return candidate
