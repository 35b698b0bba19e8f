"""Links that lead nowhere: misspelt, of a scheme no client opens, or left from a draft. No network is asked."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

from content.checks.subject import FILLED, Passage, Subject
from yamlfile import Problem

_SCHEMES = frozenset({"https", "mailto", "tel", "sms", "cid"})
_IN_TEXT = re.compile(r"\b(?:[a-z][a-z0-9+.-]*:/+|www\.)[^\s\"'<>()]*", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_PLACEHOLDERS = frozenset(
    {"example.com", "example.org", "example.net", "domain.com", "yourdomain.com", "yoursite.com", "localhost",
     "127.0.0.1"}
)  # fmt: skip
_LEFT = re.compile(r"todo|changeme|change-me|your-link|insert-|placeholder|xxxx|lorem", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Problem]:
    """Every link whose address is wrong as it is written."""
    for passage in subject.passages:
        for offset, address in _links(passage):
            if fault := _fault(address.strip(), relative=not passage.html):
                yield passage.problem(offset, fault)


def _links(passage: Passage) -> Iterator[tuple[int, str]]:
    if passage.html:
        yield from _Reader(passage.text).found
    elif passage.field.rpartition(".")[2].endswith("url"):
        yield 0, passage.text
    else:
        for found in _IN_TEXT.finditer(passage.text):
            yield found.start(), found[0].rstrip(".,;:!?")


def _fault(address: str, *, relative: bool) -> str:
    """What is wrong with an address; empty when it could be right."""
    shown = address.replace(FILLED, "")
    if address in ("", "#"):
        return "this link leads nowhere"
    if address.startswith(FILLED) or (relative and address.startswith("/") and not address.startswith("//")):
        return ""
    if _LEFT.search(shown):
        return f"'{shown}' is a placeholder"
    scheme = _SCHEME.match(address)
    if scheme is None:
        return f"'{shown}' does not say how to get there; begin with https://"
    if scheme[1].lower() == "http":
        return f"'{shown}' is not private; write https"
    if scheme[1].lower() not in _SCHEMES:
        return f"no mail or browser opens '{scheme[1]}:'; write https"
    return _fault_of_host(address, shown) if scheme[1].lower() == "https" else ""


def _fault_of_host(address: str, shown: str) -> str:
    try:
        split = urlsplit(address)
        host, _ = split.hostname or "", split.port
    except ValueError:
        return f"'{shown}' is no web address"
    if host.replace("www.", "", 1) in _PLACEHOLDERS:
        return f"'{shown}' is a placeholder"
    if FILLED not in host and not re.fullmatch(r"[^\s.:/]+(\.[^\s.:/]+)+", host):
        return f"'{shown}' is no web address"
    return "" if "://" not in address[8:] or FILLED in address else f"'{shown}' has two addresses in one"


class _Reader(HTMLParser):
    """Where the links of a page are written, and where they lead."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._html = html
        self._lines = [0, *(end.end() for end in re.finditer("\n", html))]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        start = self._lines[line - 1] + column
        for name, address in attrs:
            if name == "href" or (name == "src" and tag == "img"):
                place = self._html.find(address or "", start) if address else start
                self.found.append((max(place, start), address or ""))
