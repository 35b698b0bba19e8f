"""The chain of the audit log: each entry commits to all that it says and to the entry before it (no I/O).

The hash of an entry is the SHA-256 of its canonical JSON: the keys of `commitment` in order, without spaces, in
ASCII, times in UTC with microseconds. So no entry can be changed, left out, put in or moved without a hash that
no longer fits: the construction of a hash chain as in Haber and Stornetta, "How to Time-Stamp a Digital Document".
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from store.tables import AuditEntry

GENESIS = "0" * 64
"""What the first entry has for the hash of the one before it."""


def canonical(value: object) -> bytes:
    """The one spelling of a JSON value. Raises TypeError or ValueError when it is none, such as not-a-number."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def digest(value: object) -> str:
    """The SHA-256 of a JSON value, in hexadecimal. Raises TypeError or ValueError when it is none."""
    return hashlib.sha256(canonical(value)).hexdigest()


def commitment(entry: AuditEntry) -> dict[str, Any]:
    """All that an entry commits to; of its evidence only the digest, so that it can be erased."""
    return {
        "position": entry.position,
        "previous": entry.previous,
        "at": _moment(entry.at),
        "kind": entry.kind,
        "subject": entry.subject,
        "by": entry.by,
        "customer_id": entry.customer_id,
        "facts": entry.facts,
        "evidence_digest": entry.evidence_digest,
    }


def link(entry: AuditEntry, position: int, previous: str) -> None:
    """Put an entry at its place in the chain, after the entry with the hash `previous`."""
    entry.position, entry.previous = position, previous
    entry.hash = digest(commitment(entry))


def fault(entry: AuditEntry, position: int, previous: str, *, erased: bool) -> str:
    """What is wrong with an entry that should stand at `position` after the hash `previous`; empty when all is
    right. `erased` says whether its customer was erased, so that its evidence may be gone."""
    if entry.position != position:
        missing = (entry.position or 0) - position
        return f"{missing} before it {'is' if missing == 1 else 'are'} missing"
    if digest(commitment(entry)) != entry.hash:
        return "it says something else than when it was chained"
    if entry.previous != previous:
        return "it does not follow the entry before it: one of them was put in, moved or chained anew"
    if entry.evidence and digest(entry.evidence) != entry.evidence_digest:
        return "its evidence is not what it was"
    if entry.evidence_digest and not entry.evidence and not erased:
        return "its evidence is gone, and its customer was not erased"
    return ""


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
