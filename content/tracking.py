"""Puts our own links and a pixel into the HTML of a mail; everything else in it stays as it is, to the letter."""

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

_WEB = re.compile(r"https?://", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(\s[^\s=>"'/]+\s*=\s*)("[^"]*"|'[^']*'|[^\s>"']+)""")
_OFF = ("data-tracking", "off")
_PIXEL = '<img src="{}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'
_END = re.compile(r"</body\s*>", re.IGNORECASE)


def with_tracked_links(html: str, tracked: Callable[[str], str]) -> str:
    """The same HTML with each web address of an `<a>` or `<area>` put through `tracked`.

    A link with the attribute `data-tracking="off"` is left alone, as are mailto:, tel: and those within the page.
    """
    reader = _Links(html)
    parts, done = list[str](), 0
    for start, tag, url in reader.found:
        new = tracked(url)
        if new == url:
            continue
        parts += [html[done:start], _leading_to(new, tag)]
        done = start + len(tag)
    return "".join([*parts, html[done:]])


def with_pixel(html: str, url: str) -> str:
    """The same HTML with a picture of one pixel at its end, which mail programs fetch when they show it."""
    pixel, ends = _PIXEL.format(escape(url)), list(_END.finditer(html))
    place = ends[-1].start() if ends else len(html)
    return html[:place] + pixel + html[place:]


def _leading_to(url: str, tag: str) -> str:
    """The same tag with another address in its first `href`."""
    for attribute in _ATTRIBUTE.finditer(tag):
        if attribute[1].partition("=")[0].strip().lower() == "href":
            return f'{tag[: attribute.start(2)]}"{escape(url)}"{tag[attribute.end(2) :]}'
    return tag


class _Links(HTMLParser):
    """Where the links of a page begin, their tags as written, and where they lead."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str, str]] = []
        self._lines = [0, *(end.end() for end in re.finditer("\n", html))]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in reversed(attrs)}
        url = given.get("href", "").strip()
        if tag in ("a", "area") and _WEB.match(url) and given.get(_OFF[0]) != _OFF[1]:
            line, column = self.getpos()
            self.found.append((self._lines[line - 1] + column, self.get_starttag_text() or "", url))
