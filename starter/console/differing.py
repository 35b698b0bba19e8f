"""What many alike approvals have in common and where each differs, so that one look is enough to decide them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from starter.console.preview import Preview, preview_of
from store.tables import Approval

_OPAQUE = re.compile(r"(?<=[/=])[\w.~-]{24,}")
"""The token in a link, which differs for every recipient and says nothing to a person."""
_UNSEEN = {"head", "script", "style", "title"}


@dataclass(frozen=True)
class Alike:
    """Approvals of one kind, and the lines of each that not all of them have."""

    rows: list[tuple[Approval, list[str]]]
    totals: dict[str, float]
    """By currency, the empty one where none is named: what all of it amounts to."""

    @property
    def first(self) -> Approval:
        return self.rows[0][0]

    @property
    def ids(self) -> list[str]:
        return [approval.id for approval, _ in self.rows]


def compare(approvals: Sequence[Approval]) -> Alike:
    """Put approvals of one kind beside each other. There is at least one."""
    lines = [_lines_of(approval) for approval in approvals]
    shared = set[str].intersection(*(set(each) for each in lines)) if len(lines) > 1 else set[str]()
    rows = [
        (row, [line for line in each if line not in shared]) for row, each in zip(approvals, lines, strict=True)
    ]
    return Alike(rows, _totals(approvals))


def _lines_of(approval: Approval) -> list[str]:
    """What a person would read of it, line by line, each once."""
    preview = preview_of(approval)
    off = [f"{approval.discount:g} % off"] if approval.discount else []
    said = [preview.sender, preview.title, *_read(preview), *preview.slots, *off]
    return list(dict.fromkeys(line for line in (_OPAQUE.sub("…", each).strip() for each in said) if line))


def _read(preview: Preview) -> list[str]:
    page = _Words(preview.html)
    return [*page.lines, *preview.text.splitlines()]


def _totals(approvals: Sequence[Approval]) -> dict[str, float]:
    totals = dict[str, float]()
    for approval in approvals:
        if approval.amount is not None:
            totals[approval.currency] = totals.get(approval.currency, 0.0) + approval.amount
    return totals


class _Words(HTMLParser):
    """The lines of text that a page shows, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._unseen = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        self.lines += [address for name, address in attrs if name in ("href", "src") and address]

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen and data.strip():
            self.lines.append(" ".join(data.split()))
