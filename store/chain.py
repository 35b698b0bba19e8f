"""The chain of the audit log: each entry commits to all that it says and to entries before it (no I/O).

The hash of an entry is the SHA-256 of the canonical JSON of its `place`: its position, the digest of what it says,
the hash of the entry before it, and that of an earlier one. So no entry can be changed, left out, put in or moved
without a hash that no longer fits: the construction of a hash chain as in Haber and Stornetta, "How to Time-Stamp
a Digital Document". The earlier one makes the chain short to follow: from any entry any earlier one is reached in
few steps, as in Buldas, Laud, Lipmaa and Villemson, "Time-Stamping with Binary Linking Schemes". So a few entries
can be given out with the proof of their places, and without what stands between them.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from store.tables import AuditEntry

GENESIS = "0" * 64
"""What the first entry has for the hash of the one before it."""
CONTENT = ("at", "kind", "subject", "by", "customer_id", "facts", "evidence_digest", "salt")
"""What an entry says; of its evidence only the digest, so that it can be erased."""
PLACE = ("position", "previous", "earlier", "content")
"""What the hash of an entry is made of."""


class Trail:
    """Walks along the chain: knows of the entries so far what the next one must commit to."""

    def __init__(self, known: Mapping[int, str] | None = None) -> None:
        """Begin after the last of the `known` hashes: those of `reached_from` its position. Without any, at the
        beginning of the log."""
        self._known = dict(known or {0: GENESIS})
        self.position = max(self._known)

    @property
    def hash(self) -> str:
        """That of the last entry so far."""
        return self._known[self.position]

    def link(self, entry: AuditEntry) -> None:
        """Put an entry at the end of the chain."""
        entry.position = self.position + 1
        entry.previous, entry.earlier = self.hash, self._known[earlier_than(entry.position)]
        entry.hash = digest(place(entry))
        self._go_to(entry.position, entry.hash)

    def fault(self, entry: AuditEntry, *, erased: bool) -> str:
        """What is wrong with the entry that comes next; empty when all is right. `erased` says whether its
        customer was erased, so that its evidence may be gone."""
        fault = self._fault(entry) or _fault_of_evidence(entry, erased=erased)
        self._go_to(entry.position or 0, entry.hash)
        return fault

    def _fault(self, entry: AuditEntry) -> str:
        position = entry.position or 0
        if missing := position - self.position - 1:
            return f"{missing} before it {'is' if missing == 1 else 'are'} missing"
        if digest(place(entry)) != entry.hash:
            return "it says something else than when it was chained"
        if (entry.previous, entry.earlier) != (self.hash, self._known.get(earlier_than(position), entry.earlier)):
            return "it does not follow the entry before it: one of them was put in, moved or chained anew"
        return ""

    def _go_to(self, position: int, reached: str) -> None:
        still = {at: known for at, known in self._known.items() if at <= earlier_than(position)}
        self._known, self.position = {**still, position: reached}, position


def earlier_than(position: int) -> int:
    """Where the earlier entry stands to which the one at a position commits: its lowest bit that is set is taken
    away, so that it is the one before it at every second position, and far back at a few."""
    return position & (position - 1)


def reached_from(position: int) -> Iterator[int]:
    """The positions from which the next entry and those after it are linked: this one, and the earlier ones."""
    while position:
        yield position
        position = earlier_than(position)
    yield 0


def between(start: int, end: int) -> list[int]:
    """The fewest positions by which the entry at `end` commits to that at `start`, both left out, in order."""
    steps, at = list[int](), end
    while at > start:
        steps.append(at)
        at = earlier_than(at) if earlier_than(at) >= start else at - 1
    return steps[:0:-1]


def canonical(value: object) -> bytes:
    """The one spelling of a JSON value. Raises TypeError or ValueError when it is none, such as not-a-number."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def digest(value: object) -> str:
    """The SHA-256 of a JSON value, in hexadecimal. Raises TypeError or ValueError when it is none."""
    return hashlib.sha256(canonical(value)).hexdigest()


def content(entry: AuditEntry) -> dict[str, Any]:
    """All that an entry says. Only who has the entry has its salt, so that the digest of the whole tells nobody
    else what it might say."""
    said = {name: getattr(entry, name) for name in CONTENT}
    return said | {"at": entry.at.astimezone(UTC).isoformat(timespec="microseconds")}


def place(entry: AuditEntry) -> dict[str, Any]:
    """What the hash of an entry is made of."""
    links = {"position": entry.position, "previous": entry.previous, "earlier": entry.earlier}
    return {**links, "content": digest(content(entry))}


def _fault_of_evidence(entry: AuditEntry, *, erased: bool) -> str:
    if entry.evidence and digest(entry.evidence) != entry.evidence_digest:
        return "its evidence is not what it was"
    if entry.evidence_digest and not entry.evidence and not erased:
        return "its evidence is gone, and its customer was not erased"
    return ""
