"""Reads a journey that has mistakes in it as far as it goes, so that all of them are told at once.

What does not validate is told, and then taken out or replaced by something that says nothing, until the rest is
a journey: the other checks then find what is wrong elsewhere.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

import yamlfile
from journeys.model import Journey
from journeys.steps import Place
from yamlfile import Document, FileProblems, Problem

_ROUNDS = 50
_NEUTRAL_STEP = {"wait": "0s"}
_NEUTRAL_HEAD: dict[str, Any] = {
    "journey": "unnamed",
    "owner": "nobody",
    "start": {"api": True},
    "steps": [_NEUTRAL_STEP],
}
_NEUTRAL_EXPRESSION = dict.fromkeys(("if", "where", "while", "key", "segment"), "now == now") | {"until": "now"}
_BLOCKS = ("steps", "then", "otherwise")


@dataclass
class Mended:
    """The journey that is left when mistakes are taken out, and those mistakes. None when nothing is left."""

    journey: Journey | None = None
    problems: list[Problem] = field(default_factory=list[Problem])
    lost_facts: bool = False
    """Whether a step was replaced that conditions elsewhere may speak of."""


def mend(document: Document) -> Mended:
    """Read what is right in a document. Changes the document's data; its places stay known."""
    mended = Mended()
    for _ in range(_ROUNDS):
        try:
            mended.journey = yamlfile.validate(Journey, document)
            break
        except FileProblems as told:
            mended.problems += told.problems
            errors = cast(ValidationError, told.__cause__).errors()
            root = cast(Any, document).root
            if not isinstance(root, dict):
                break
            # From the end: what lies inside is mended before what it lies in.
            for error in reversed(errors):
                replaced = _mend(cast(dict[str, Any], root), error)
                mended.lost_facts = mended.lost_facts or _has_facts(replaced)
    return mended


def _mend(root: dict[str, Any], error: ErrorDetails) -> object:
    """Mend one mistake; gives what was replaced."""
    loc: Place = (*error["loc"], *error.get("ctx", {}).get("path", ()))
    path = _written(root, loc)
    if not path:
        return _set_head(root, str(loc[0]) if loc else "steps")
    node = _at(root, path[:-1])
    if error["type"] == "extra_forbidden" and path[-1] == loc[-1]:
        return node.pop(path[-1])
    if path[-1] in _NEUTRAL_EXPRESSION and isinstance(node, dict):
        node[path[-1]] = _NEUTRAL_EXPRESSION[str(path[-1])]
        return None
    if (place := _step_around(path)) is None:
        return _set_head(root, str(path[0]))
    block = _at(root, place[:-1])
    replaced, block[place[-1]] = block[place[-1]], dict(_NEUTRAL_STEP)
    return replaced


def _has_facts(replaced: object) -> bool:
    """Whether the run would have had something to show for what was replaced."""
    if isinstance(replaced, list):
        return any(map(_has_facts, cast(list[object], replaced)))
    if not isinstance(replaced, dict):
        return False
    node = cast(dict[object, object], replaced)
    return not {"send", "act", "set"}.isdisjoint(node) or any(map(_has_facts, node.values()))


def _set_head(root: dict[str, Any], key: str) -> object:
    """What a journey must have is replaced, and what it need not have is left out."""
    replaced = root.pop(key, None)
    if key in _NEUTRAL_HEAD:
        root[key] = deepcopy(_NEUTRAL_HEAD[key])
    return replaced


def _written(root: object, loc: Place) -> Place:
    """The part of a validation error's place that is in the file: tags of unions are not."""
    node, path = root, list[str | int]()
    for key in loc:
        if (isinstance(node, dict) and key in node) or (isinstance(node, list) and _is_item(cast(Any, node), key)):
            node = cast(Any, node)[key]
            path.append(key)
    return tuple(path)


def _is_item(node: list[object], key: str | int) -> bool:
    return isinstance(key, int) and key < len(node)


def _step_around(path: Place) -> Place | None:
    """The place of the innermost step around a place."""
    for end in range(len(path), 1, -1):
        if isinstance(path[end - 1], int) and path[end - 2] in _BLOCKS:
            return path[:end]
    return None


def _at(root: Any, path: Place) -> Any:
    for key in path:
        root = root[key]
    return root
