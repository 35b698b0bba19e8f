"""Finds the links of a page of HTML, with where each is written, so that one can be changed and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser


@dataclass
class Anchor:
    """A link: where its tag begins, the tag as written, its attributes, and where what it shows ends."""

    start: int
    tag: str
    attributes: Mapping[str, str]
    end: int


def anchors(html: str) -> list[Anchor]:
    """Every `<a>` and `<area>` of a page, in the order they are written."""
    return _Reader(html).found


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Anchor] = []
        self._lines = [0, *(end.end() for end in re.finditer("\n", html))]
        self._length, self._open = len(html), False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("a", "area"):
            return
        # A link ends where the next one begins, whether its author closed it or not.
        self._close(self._here())
        given = {name: value or "" for name, value in reversed(attrs)}
        written = self.get_starttag_text() or ""
        shows = tag == "a"
        end = self._length if shows else self._here() + len(written)
        self.found.append(Anchor(self._here(), written, given, end))
        self._open = shows

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._close(self._here())

    def _close(self, place: int) -> None:
        if self._open:
            self.found[-1].end, self._open = place, False

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
