"""Puts our own links and a pixel into the HTML of a mail; everything else in it stays as it is, to the letter."""

import re
from collections.abc import Callable
from html import escape

from content.anchors import anchors
from content.marks import PART

_WEB = re.compile(r"https?://", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(\s[^\s=>"'/]+\s*=\s*)("[^"]*"|'[^']*'|[^\s>"']+)""")
_OFF = ("data-tracking", "off")
_PIXEL = '<img src="{}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'
_END = re.compile(r"</body\s*>", re.IGNORECASE)


def with_tracked_links(html: str, tracked: Callable[[str, str], str]) -> str:
    """The same HTML with each web address of an `<a>` or `<area>` put through `tracked`, which is also given the
    name of the part of a surface that the link belongs to: empty for most.

    A link with the attribute `data-tracking="off"` is left alone, as are mailto:, tel: and those within the page.
    """
    parts, done = list[str](), 0
    for link in anchors(html):
        url = link.attributes.get("href", "").strip()
        if not _WEB.match(url) or link.attributes.get(_OFF[0]) == _OFF[1]:
            continue
        new = tracked(url, link.attributes.get(PART, ""))
        if new == url:
            continue
        parts += [html[done : link.start], _leading_to(new, link.tag)]
        done = link.start + len(link.tag)
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
