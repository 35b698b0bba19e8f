"""What a rule is given: one content over one channel, what its author wrote in it, and what the project says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from content.catalogue import Catalogue
from content.templates import LAYOUTS, Fragment
from content.variant import Tree, Variant
from journeys.shapes import Shapes
from project.model import Brand, ContentRules
from yamlfile import Problem

FILLED = "\ue000"
"""Stands for each sign of an expression, so that places stay as they are written."""
_EXPRESSION, _UNSEEN = re.compile(r"\{\{.*?\}\}", re.DOTALL), re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_MARKUP = re.compile(r"<!--.*?-->|<(style|script|title)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
TYPICAL = 15
"""How many characters a template fills in for one expression, where a length is estimated."""


@dataclass(frozen=True)
class Passage:
    """A text as it is written, its expressions and statements blanked out, at its place in a file."""

    file: Path
    line: int
    field: str
    """Which field it is of, as in `data.url`; the name of a layout for what is in one."""
    text: str
    html: bool
    layout: bool = False

    @cached_property
    def visible(self) -> str:
        """What a reader sees of it, at the same places."""
        return without_markup(self.text) if self.html else self.text

    @property
    def typical(self) -> str:
        """About what a reader sees when it is filled in."""
        return " ".join(re.sub(f"{FILLED}+", "x" * TYPICAL, self.visible).split())

    def problem(self, offset: int, message: str, fix: str = "") -> Problem:
        """A problem with what stands at `offset` of the text."""
        before = self.text[:offset]
        line = self.line + before.count("\n")
        word = re.match(r"[^\s\ue000]*", self.text[offset:])
        return Problem(self.file, *_found(self.file, line, self.line, word[0] if word else ""), message, fix)


@dataclass(frozen=True)
class Subject:
    """One content over one channel, and what surrounds it. `now` is in UTC."""

    name: str
    variant: Variant
    rules: ContentRules
    brand: Brand
    shapes: Shapes
    catalogue: Catalogue
    now: datetime

    @property
    def marketing(self) -> bool:
        return self.variant.front.purpose == "marketing"

    @cached_property
    def own(self) -> list[Passage]:
        """What stands in its own files."""
        return [_passage(fragment, field) for field, fragment in _named(self.variant.fields)]

    @cached_property
    def passages(self) -> list[Passage]:
        """What stands in its own files and in every layout that it uses."""
        folder = self.variant.file.parents[1] / LAYOUTS
        layouts = {name: text for _, part in _named(self.variant.fields) for name, text in part.layouts.items()}
        of_layouts = [
            Passage(folder / name, 1, name, _blanked(text), html=name.endswith(".html.j2"), layout=True)
            for name, text in layouts.items()
        ]
        return [*self.own, *of_layouts]

    def tell(self, message: str, fix: str = "") -> Problem:
        """A problem with the content as a whole."""
        return Problem(self.variant.file, 1, 1, message, fix)


def _named(tree: Tree, name: str = "") -> Iterator[tuple[str, Fragment]]:
    if isinstance(tree, Fragment):
        yield name, tree
        return
    inners = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, inner in inners:
        yield from _named(inner, f"{name}.{key}" if name else str(key))


def without_markup(html: str) -> str:
    """What a reader sees of HTML, at the same places."""
    return _blank(_MARKUP, html, " ")


def _passage(fragment: Fragment, field: str) -> Passage:
    return Passage(fragment.file, fragment.line, field, _blanked(fragment.source), html=field == "html")


def _blanked(source: str) -> str:
    return _blank(_EXPRESSION, _blank(_UNSEEN, source, " "), FILLED)


def _blank(what: re.Pattern[str], text: str, sign: str) -> str:
    return what.sub(lambda found: re.sub(r"[^\n]", sign, found[0]), text)


def _found(file: Path, line: int, first: int, word: str) -> tuple[int, int]:
    """Line and column of a word; in YAML, where a text may be folded, it may stand below the line it should."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    for number in (line, *range(first, len(lines) + 1)):
        if word and number <= len(lines) and (column := lines[number - 1].find(word)) >= 0:
            return number, column + 1
    return min(line, max(len(lines), 1)), 1
