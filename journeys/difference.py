"""What differs between two versions of a journey: step by step, and as text."""

import difflib
from dataclasses import dataclass
from io import StringIO
from typing import Any, cast

from ruamel.yaml import YAML

from journeys.model import Journey
from journeys.steps import Step, walk


@dataclass(frozen=True)
class Difference:
    """The steps that came, went and changed, each in the order it has in its version."""

    added: list[Step]
    removed: list[Step]
    changed: list[tuple[Step, Step]]
    """As it was, and as it is."""
    settings: list[str]
    """What else differs: the journey's own keys, such as `goal`; `steps` when only their order does."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.settings)


def compare(old: Journey, new: Journey) -> Difference:
    """Compare two versions by the ids of their steps. What is inside a step counts for itself."""
    before, after = ({step.id: step for step in walk(journey.steps)} for journey in (old, new))
    kept = [id_ for id_ in after if id_ in before]
    difference = Difference(
        added=[step for id_, step in after.items() if id_ not in before],
        removed=[step for id_, step in before.items() if id_ not in after],
        changed=[
            (before[id_], after[id_]) for id_ in kept if _own(_written(before[id_])) != _own(_written(after[id_]))
        ],
        settings=_settings(old, new),
    )
    if not difference and old.version != new.version:
        difference.settings.append("steps")
    return difference


def as_diff(old: Journey, new: Journey) -> str:
    """The two versions as YAML, in the form of `diff -u`, every id written out; empty when they are the same."""
    (was, is_), (from_, to) = map(_lines, (old, new)), (f"{j.journey}@{j.version}" for j in (old, new))
    return "".join(difflib.unified_diff(was, is_, from_, to))


def _settings(old: Journey, new: Journey) -> list[str]:
    before, after = _written(old), _written(new)
    keys = dict.fromkeys([*before, *after])
    return [key for key in keys if key != "steps" and before.get(key) != after.get(key)]


def _written(part: Journey | Step) -> dict[str, Any]:
    return part.model_dump(mode="json", by_alias=True)


def _own(value: object) -> object:
    """What a step says without the steps inside it. A step always has an id, so that lists of steps are known."""
    if isinstance(value, dict):
        return {key: _own(item) for key, item in cast(dict[str, object], value).items() if not _are_steps(item)}
    if isinstance(value, list):
        return [_own(item) for item in cast(list[object], value)]
    return value


def _are_steps(value: object) -> bool:
    items = cast(list[object], value) if isinstance(value, list) else []
    return bool(items) and all(isinstance(item, dict) and "id" in item for item in items)


def _lines(journey: Journey) -> list[str]:
    text, writer = StringIO(), YAML()
    writer.width = 110
    cast(Any, writer).dump(_written(journey), text)
    return text.getvalue().splitlines(keepends=True)
