"""Tells of each link of a mail which part of a surface it belongs to.

Whatever a template writes of a part is marked, with signs that stand for no character (Unicode's private use). A
link that shows something of a part, in its address, its words or its picture, is then named after that part, and
the marks go: a click on it is a click on what stands in that slot, and a click on any other link is none.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any, cast

from content.anchors import anchors

PART = "data-part"
"""The attribute of a link that names the content it belongs to. A content stands at most once on a surface."""
_MARK = re.compile("\ue000([^\ue000\ue001]*)\ue001")
_TAG_NAME = re.compile(r"<\w+")


class _OfPart(str):
    """A text of a part."""

    __slots__ = ("_part",)

    def __new__(cls, text: str, part: str) -> "_OfPart":
        made = super().__new__(cls, text)
        made._part = part
        return made

    @property
    def marked(self) -> str:
        return f"{self}\ue000{self._part}\ue001"


def of_part(fields: Mapping[str, Any], part: str) -> dict[str, Any]:
    """The fields of a part, for a template that is to mark what it writes of them."""
    return {name: _of_part(value, part) for name, value in fields.items()}


def _of_part(value: Any, part: str) -> Any:
    if isinstance(value, list):
        return [_of_part(each, part) for each in cast(list[Any], value)]
    return _OfPart(value, part) if isinstance(value, str) else value


def as_written(value: object) -> object:
    """What a template writes of a value: a text of a part with its mark, anything else as it is."""
    return value.marked if isinstance(value, _OfPart) else value


def without_marks(text: str) -> str:
    """The same text without marks."""
    return _MARK.sub("", text)


def with_links_named(html: str) -> str:
    """The same HTML without marks. Each link that has one is named after its part by the attribute `data-part`,
    unless its author named it."""
    if _MARK.search(html) is None:
        return html
    pieces, done = list[str](), 0
    for link in anchors(html):
        mark = _MARK.search(html, link.start, link.end)
        name = _TAG_NAME.match(link.tag)
        if mark and name and PART not in link.attributes:
            place = link.start + name.end()
            pieces += [html[done:place], f' {PART}="{escape(mark[1])}"']
            done = place
    return without_marks("".join([*pieces, html[done:]]))
