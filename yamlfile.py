"""YAML files that people write: every problem is told at its line, never as a traceback.

`read` gives plain data with the place of every key, `read_as` gives a pydantic model. Both raise
`FileProblems`, which lists every problem as `file:line:column: message`.
"""

import copy
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Model = TypeVar("Model", bound=BaseModel)
Value = TypeVar("Value")
Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file, where it stands (from 1), and the fix where one is obvious."""

    file: Path
    line: int
    column: int
    message: str
    fix: str = ""

    def __str__(self) -> str:
        hint = f" ({self.fix})" if self.fix else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"


class FileProblems(Exception):
    """A file people wrote has problems; `problems` has all of them, in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (str(p.file), p.line, p.column))
        super().__init__("\n".join(str(p) for p in self.problems))


class Document:
    """A YAML file read as plain data that still knows where each value stands."""

    def __init__(self, file: Path, root: object, first_line: int = 1) -> None:
        self.file = file
        self.root = root
        self._first_line = first_line

    def place(self, path: Path_) -> tuple[int, int]:
        """Line and column, from 1, of the value at `path`, or of its nearest parent that is in the file."""
        node, (line, column) = self.root, _start(self.root)
        for number, key in enumerate(path):
            if not _fits(node, key):
                continue
            inner = cast(Any, node)[key]
            # A tagged union puts its tag into the path, where it may look like a key: `send: email`.
            if number + 1 < len(path) and not _fits(inner, path[number + 1]) and _fits(node, path[number + 1]):
                continue
            line, column = _start_of(node, key)
            node = inner
        return line + self._first_line, column + 1

    def section(self, *path: str | int) -> "Document":
        """The mapping at a path, whose problems are still told at their lines in this file; empty where there is
        none."""
        node: object = self.root
        for key in path:
            node = cast(Any, node)[key] if _fits(node, key) else None
        if node is None:
            line, _ = self.place(path)
            return Document(self.file, {}, line)
        return Document(self.file, node, self._first_line)

    def filled(self, name: str, values: Mapping[str, Any]) -> "Document":
        """The mapping at a name with the values that the environment gave, at the places they were read from."""
        section = self.section(name)
        cast(dict[str, Any], section.root).update(values)
        return section

    def problem(self, path: Path_, message: str, fix: str = "") -> Problem:
        line, column = self.place(path)
        return Problem(self.file, line, column, message, fix)


def _fits(node: object, key: str | int) -> bool:
    if isinstance(node, CommentedMap):
        return key in node
    return isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node)


def _start(node: object) -> tuple[int, int]:
    """Line and column of a node, from 0."""
    if isinstance(node, CommentedMap | CommentedSeq):
        position = cast(Any, node).lc
        return cast(int, position.line), cast(int, position.col)
    return 0, 0


def _start_of(node: object, key: str | int) -> tuple[int, int]:
    """Line and column of a key or an item in a node, from 0."""
    if isinstance(node, CommentedMap):
        return cast(tuple[int, int], cast(Any, node).lc.key(key))
    return cast(tuple[int, int], cast(Any, node).lc.item(key))


def read(file: Path, text: str | None = None, first_line: int = 1) -> Document:
    """Read one YAML file (or `text` that stands in it from `first_line`).

    Raises FileProblems when the file is missing or is not YAML.
    """
    if text is None:
        if not file.is_file():
            raise FileProblems([Problem(file, 1, 1, "there is no such file")])
        text = _text(file)
    try:
        root = copy.deepcopy(_parsed(text))
    except MarkedYAMLError as error:
        told = cast(Any, error)
        line, column = (told.problem_mark.line, told.problem_mark.column) if told.problem_mark else (0, 0)
        reason = str(told.problem or "this is not YAML")
        raise FileProblems([Problem(file, line + first_line, column + 1, reason)]) from error
    # The YAML library fails in ways of its own on scalars such as `+_`.
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise FileProblems([Problem(file, first_line, 1, f"this is not YAML: {error}")]) from error
    return Document(file, {} if root is None else root, first_line)


@lru_cache(maxsize=64)
def _parsed(text: str) -> object:
    """Kept, because several parts of one command read the same file, and this is slow: 0.2 ms a line."""
    return cast(object, _reader().load(text))


class _PlainDates(RoundTripConstructor):
    """Leaves dates as they are written, so that a day that does not exist is told at its own line by the model."""


cast(Any, _PlainDates).add_constructor("tag:yaml.org,2002:timestamp", cast(Any, _PlainDates).construct_scalar)


def _reader() -> Any:
    reader: Any = YAML(typ="rt")
    reader.Constructor = _PlainDates
    return reader


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileProblems([Problem(file, 1, 1, "this is no text in UTF-8")]) from error


def read_as(model: type[Model], file: Path) -> Model:
    """Read one YAML file as `model`. Raises FileProblems with every problem at its line."""
    return validate(model, read(file))


def validate(model: type[Model], document: Document) -> Model:
    """Check a document against `model`. Raises FileProblems with every problem at its line."""
    try:
        return model.model_validate(plain(document.root))
    except ValidationError as error:
        raise FileProblems([_problem(document, e, model) for e in error.errors()]) from error


def plain(node: object) -> Any:
    """The same data as ordinary dicts, lists and scalars."""
    if isinstance(node, dict):
        return {str(k): plain(v) for k, v in cast(dict[object, object], node).items()}
    if isinstance(node, list):
        return [plain(v) for v in cast(list[object], node)]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def nearest(name: str, known: list[str]) -> str:
    """The fix to offer for a misspelt name, empty when nothing is near."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""


def instead_of(name: str, known: Iterable[str]) -> str:
    """The fix to offer for a name that is none: the one that is near it, or else all there are."""
    names = list(known)
    return nearest(name, names) or f"there are: {', '.join(names) or 'none'}"


def load_each(names: Iterable[str], load: Callable[[str], Value]) -> dict[str, Value]:
    """What `load` makes of each name. Raises FileProblems with the problems of all, not of the first alone."""
    loaded: dict[str, Value] = {}
    problems: list[Problem] = []
    for name in names:
        try:
            loaded[name] = load(name)
        except FileProblems as error:
            problems += error.problems
    if problems:
        raise FileProblems(problems)
    return loaded


_CONTAINERS = {
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "keys with values"),
}
"""What pydantic's errors about them mean to whoever writes YAML."""


def _problem(document: Document, error: ErrorDetails, model: type[BaseModel]) -> Problem:
    # A validator that knows where in its value the fault lies says so in the error's context.
    path: Path_ = (*error["loc"], *error.get("ctx", {}).get("path", ()))
    message, fix = error["msg"].removeprefix("Value error, "), ""
    if error["type"] == "extra_forbidden":
        message = f"unknown key '{path[-1]}'"
        fix = nearest(str(path[-1]), _keys(error, model))
    elif error["type"] == "missing":
        message = f"'{path[-1]}' is missing"
    elif error["type"] == "too_short":
        message = f"this needs at least {error.get('ctx', {})['min_length']}"
    elif error["type"] in _CONTAINERS:
        message = f"this must be {_CONTAINERS[error['type']]}"
    return document.problem(path, message, fix)


def _keys(error: ErrorDetails, model: type[BaseModel]) -> list[str]:
    """The keys known to the model in which `error` arose."""
    kinds: list[tuple[str, type[BaseModel]]] = [("", model)]
    for key in error["loc"][:-1]:
        tagged = [("", kind) for tag, kind in kinds if tag == key]
        kinds = tagged or [inner for _, kind in kinds for inner in _inside(kind, key)] or kinds
    return [field.alias or name for _, kind in kinds for name, field in kind.model_fields.items()]


def _inside(kind: type[BaseModel], key: str | int) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models that may stand under a key of a model, each with the tag it has in a tagged union."""
    for name, field in kind.model_fields.items():
        if key in (name, field.alias):
            yield from _models(field.annotation)


def _models(annotation: object, tag: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield tag, annotation
    inner: tuple[object, ...] = get_args(annotation)
    own = next((part.tag for part in inner if isinstance(part, Tag)), tag)
    for part in inner:
        yield from _models(part, own)
