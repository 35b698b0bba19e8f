"""Verifies an extract of the audit log alone: without the database, by whoever was given it."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from starter.auditing.extract import FORM
from starter.auditing.verifying import MOST_FAULTS, Fault
from store.chain import CONTENT, GENESIS, PLACE, between, digest, earlier_than
from store.sealing import Head, head_from


@dataclass
class ExtractVerification:
    """What came of verifying an extract. Positions are those in the log."""

    entries: int = 0
    erased: int = 0
    """Of these, entries whose evidence is gone, as an erasure of their customer leaves them."""
    first: int = 0
    last: int = 0
    left_out: int = 0
    """Entries of the log between the first and the last of these that are not told."""
    through: str = ""
    """A head that the extract says it comes by, as COUNT:HASH."""
    head: str = ""
    """The head to which it leads."""
    headed: bool = False
    """Whether it was compared with a head kept elsewhere."""
    faults: list[Fault] = field(default_factory=list[Fault])


class _Wrong(Exception):
    """What is wrong with a line."""


def verify_extract(
    lines: Iterable[str], known: Head | None = None, tell: Callable[[int], None] = lambda _: None
) -> ExtractVerification:
    """Check every line, and that the extract leads to or through a `known` head. `tell` is told how many lines are
    checked so far."""
    found, way = ExtractVerification(headed=known is not None), _Way()
    for number, line in enumerate(lines, 1):
        try:
            way.take(cast(Mapping[str, Any], json.loads(line)), found)
        except (ValueError, TypeError, LookupError):
            _add(found, way.position, f"line {number}: this is no line of an extract of an audit log")
        except _Wrong as wrong:
            _add(found, way.position, f"line {number}: {wrong}")
        tell(number)
    found.left_out = found.last - found.first + 1 - found.entries if found.entries else 0
    if not found.head:
        _add(found, way.position, "its end is missing: the last line must name the head")
    if known and str(known) not in (found.head, found.through):
        _add(found, known.count, f"it does not lead through the head {known}")
    return found


class _Way:
    """How far along the chain the lines so far lead. They go from stop to stop, by the fewest links, so that no
    line can be left out. Stops are the entries that are told, the head that the reader knows, and the last one."""

    def __init__(self) -> None:
        self.position, self._hash = 0, GENESIS
        self._begun = False
        self._through: Head | None = None
        """A head that is named and was not come by so far."""
        self._stop = 0
        self._links = list[int]()

    def take(self, line: Mapping[str, Any], found: ExtractVerification) -> None:
        """Go on to the next line; what it tells is noted in `found`. Raises _Wrong, and LookupError, TypeError or
        ValueError for what is no line."""
        if found.head:
            raise _Wrong("nothing may follow the head")
        if not self._begun:
            self._begin(line, found)
        elif "head" in line:
            self._end(line, found)
        else:
            self._go_to(line)
            if "facts" in line:
                _note(line, found)

    def _begin(self, line: Mapping[str, Any], found: ExtractVerification) -> None:
        self._begun = True
        if line["form"] != FORM:
            raise _Wrong(f"this form of extract is unknown here; known is {FORM}")
        found.through = str(line["through"])
        self._through = head_from(found.through) if found.through else None

    def _end(self, line: Mapping[str, Any], found: ExtractVerification) -> None:
        found.head = str(line["head"])
        if found.head != str(Head(self.position, self._hash)):
            raise _Wrong("the lines do not lead to this head")
        if self._links:
            self._links.pop()
            self._reach(self.position)
        if self._through:
            raise _Wrong(f"the lines do not lead through the head {self._through}")

    def _go_to(self, line: Mapping[str, Any]) -> None:
        before = (self.position, self._hash)
        self.position, self._hash = position, reached = int(line["position"]), str(line["hash"])
        if digest({name: line[name] for name in PLACE}) != reached:
            raise _Wrong("its hash is another: it was changed")
        ways = ((position - 1, line["previous"]), (earlier_than(position), line["earlier"]))
        if before[0] and before not in ways:
            raise _Wrong("it does not follow the line before it: one of them was left out, put in or moved")
        known = Head(position, reached) == self._through
        self._through = None if known else self._through
        if "facts" in line or known:
            self._reach(position)
        else:
            self._links.append(position)

    def _reach(self, stop: int) -> None:
        expected = between(self._stop, stop) if self._stop else []
        links, self._links, self._stop = self._links, [], stop
        if links != expected:
            raise _Wrong("lines before it were left out or put in")


def _note(line: Mapping[str, Any], found: ExtractVerification) -> None:
    """Note an entry. Raises _Wrong when it does not say what it said in the log."""
    position, evidence = int(line["position"]), line["evidence"]
    found.entries, found.first, found.last = found.entries + 1, found.first or position, position
    found.erased += bool(line["evidence_digest"] and not evidence)
    if digest({name: line[name] for name in CONTENT}) != line["content"]:
        raise _Wrong("it says something else than when it was chained")
    if evidence and digest(evidence) != line["evidence_digest"]:
        raise _Wrong("its evidence is not what it was")


def _add(found: ExtractVerification, position: int, what: str) -> None:
    if len(found.faults) < MOST_FAULTS:
        found.faults.append(Fault(position, None, what))
