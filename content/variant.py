"""One content as one channel carries it: its templates, filled in for a customer."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias, cast

from pydantic import ValidationError

from content.front import FrontMatter
from content.rendering import RenderingFailed
from content.shapes import SHAPES
from content.templates import LAYOUTS, Fragment

Tree: TypeAlias = Fragment | dict[str, "Tree"] | list["Tree"]
"""Templates in the places where their results will stand."""


@dataclass(frozen=True)
class Variant:
    """A content for one channel. A mail's bodies may use its subject and preheader, which come first."""

    file: Path
    channel: str
    front: FrontMatter
    fields: dict[str, Tree]
    files: Mapping[str, str]
    """What its author wrote, by the names of its files."""

    @cached_property
    def version(self) -> str:
        """The SHA-256 of every source it is made from, layouts included."""
        return hashlib.sha256(json.dumps([self.files, self.layouts], sort_keys=True).encode()).hexdigest()

    @cached_property
    def layouts(self) -> Mapping[str, str]:
        """The source of every layout it uses, by name."""
        return {name: text for fragment in fragments(self.fields) for name, text in fragment.layouts.items()}

    @property
    def texts(self) -> dict[str, str]:
        """Every source it is made from, by its place in a content folder, for content.reading.read_texts."""
        return {**self.files, **{f"{LAYOUTS}/{name}": text for name, text in self.layouts.items()}}

    @property
    def used(self) -> frozenset[str]:
        """The names its templates show, and their parts as in `brand.address`."""
        return frozenset[str]().union(*(fragment.used for fragment in fragments(self.fields)))

    def fill(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The finished fields. Raises RenderingFailed."""
        filled: dict[str, Any] = {}
        for name, tree in self.fields.items():
            filled[name] = _fill(tree, {**filled, **variables})
        shape = SHAPES.get(self.channel)
        if shape is None:
            return filled
        try:
            return shape.model_validate(filled).model_dump()
        except ValidationError as error:
            wrong = error.errors()[0]
            place = _at(self.fields, wrong["loc"])
            what = ".".join(str(key) for key in wrong["loc"])
            reason = f"{what}: {wrong['msg'].removeprefix('Value error, ')}"
            raise RenderingFailed(place.file, place.line, reason) from error


def fragments(tree: Tree) -> Iterator[Fragment]:
    """Every template in a tree, in the order they are written."""
    if isinstance(tree, Fragment):
        yield tree
        return
    for inner in tree.values() if isinstance(tree, dict) else tree:
        yield from fragments(inner)


def _fill(tree: Tree, variables: Mapping[str, Any]) -> Any:
    if isinstance(tree, Fragment):
        return tree.render(variables)
    if isinstance(tree, list):
        return [_fill(item, variables) for item in tree]
    return {name: _fill(item, variables) for name, item in tree.items()}


def _at(tree: Tree, path: tuple[int | str, ...]) -> Fragment:
    for key in path:
        tree = cast(Any, tree)[key]
    return next(fragments(tree))
