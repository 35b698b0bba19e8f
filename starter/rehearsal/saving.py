"""Saves a rehearsal with what came of it, so that it can be expected from then on."""

from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

import yamlfile
from starter.rehearsal.model import Entry, Rehearsal, kind_of_file
from starter.rehearsal.story import Story

_WIDTH = 115


def save(file: Path, rehearsal: Rehearsal, story: Story) -> None:
    """Write the rehearsal and its story to a file. In a rehearsal that is there already only what is expected
    changes: its comments stay. Raises FileExistsError when something else is there."""
    document = _document(file, rehearsal)
    document["expect"] = CommentedSeq([_flowing(entry) for entry in story.entries])
    yaml = YAML(typ="rt")
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    with file.open("w", encoding="utf-8") as out:
        cast(Any, yaml).dump(document, out)


def _document(file: Path, rehearsal: Rehearsal) -> CommentedMap:
    if not file.exists():
        given = rehearsal.model_dump(mode="json", exclude_unset=True, exclude={"expect"})
        given["events"] = CommentedSeq([_flow(event) for event in given.get("events", [])])
        return CommentedMap(given)
    root = yamlfile.read(file).root
    if kind_of_file(file) != "rehearsal" or not isinstance(root, CommentedMap):
        raise FileExistsError(f"{file} is there already, and is no rehearsal; choose another name.")
    return root


def _flowing(entry: Entry) -> CommentedMap:
    return _flow(entry.model_dump(exclude_none=True))


def _flow(given: dict[str, Any]) -> CommentedMap:
    """A mapping that is written on one line."""
    line = CommentedMap(given)
    cast(Any, line).fa.set_flow_style()
    return line
