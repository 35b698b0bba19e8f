"""Whatever is done to a chained log, verifying it says so."""

import copy
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from store.chain import CONTENT, Trail, between, digest, earlier_than
from store.tables import AuditEntry
from tests.audit.conftest import AT

_WORDS = st.text(max_size=4)
_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_DOCUMENTS = st.dictionaries(_WORDS, _NUMBERS | _WORDS, max_size=2)


def entry_of(minute: int, word: str, facts: dict[str, Any], evidence: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        at=AT + timedelta(minutes=minute),
        kind="verdict",
        subject=word,
        by=word[::-1],
        customer_id="c_lena",
        facts=facts,
        evidence=evidence,
        evidence_digest=digest(evidence) if evidence else "",
        salt=f"{minute}",
    )


ENTRIES = st.builds(entry_of, st.integers(0, 10**6), _WORDS, _DOCUMENTS, _DOCUMENTS)


def chained(log: list[AuditEntry]) -> list[AuditEntry]:
    trail = Trail()
    for entry in log:
        trail.link(entry)
    return log


def faults(log: list[AuditEntry]) -> list[str]:
    trail = Trail()
    found = [trail.fault(entry, erased=False) for entry in sorted(log, key=lambda entry: entry.position or 0)]
    return [said for said in found if said]


LOGS = st.lists(ENTRIES, min_size=2, max_size=6).map(chained)
few = settings(max_examples=40)


@few
@given(LOGS)
def test_an_untouched_log_has_no_fault(log: list[AuditEntry]) -> None:
    assert faults(log) == []


@few
@given(LOGS, st.data())
def test_any_change_of_any_value_is_found(log: list[AuditEntry], data: st.DataObject) -> None:
    entry = data.draw(st.sampled_from(log))
    field = data.draw(st.sampled_from([*CONTENT, "previous", "earlier", "hash"]))
    before: Any = copy.deepcopy(getattr(entry, field))
    new: st.SearchStrategy[Any] = (
        st.integers(1, 10**9).map(lambda more: before + timedelta(microseconds=more)) if field == "at"
        else _DOCUMENTS if field == "facts" else _WORDS
    )  # fmt: skip
    setattr(entry, field, data.draw(new.filter(lambda value: digest(str(value)) != digest(str(before)))))
    assert faults(log)


@few
@given(LOGS, st.data())
def test_changed_evidence_is_found_and_gone_evidence_too(log: list[AuditEntry], data: st.DataObject) -> None:
    entry = data.draw(st.sampled_from(log))
    entry.evidence = data.draw(_DOCUMENTS.filter(lambda other: digest(other) != digest(entry.evidence)))
    if entry.evidence_digest or entry.evidence:
        assert faults(log)


@few
@given(LOGS, st.data())
def test_a_deleted_entry_is_found_unless_it_was_the_last(log: list[AuditEntry], data: st.DataObject) -> None:
    """The last is found by the head that is kept elsewhere."""
    del log[data.draw(st.integers(0, len(log) - 2))]
    assert faults(log)


@few
@given(LOGS, st.data())
def test_a_deleted_entry_is_found_when_the_rest_moves_up(log: list[AuditEntry], data: st.DataObject) -> None:
    del log[data.draw(st.integers(0, len(log) - 2))]
    for position, entry in enumerate(log, 1):
        entry.position = position
    assert faults(log)


@few
@given(LOGS, st.data())
def test_two_entries_that_changed_places_are_found(log: list[AuditEntry], data: st.DataObject) -> None:
    one, other = data.draw(st.lists(st.integers(0, len(log) - 1), min_size=2, max_size=2, unique=True))
    log[one].position, log[other].position = log[other].position, log[one].position
    assert faults(log)


@few
@given(LOGS, ENTRIES, st.data())
def test_an_entry_that_was_put_in_is_found(log: list[AuditEntry], forged: AuditEntry, data: st.DataObject) -> None:
    """Even chained rightly after the one before it, which it needs no secret for."""
    at = data.draw(st.integers(0, len(log) - 1))
    chained([*log[:at], forged])
    for entry in log[at:]:
        entry.position = (entry.position or 0) + 1
    assert faults([*log, forged])


@few
@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_any_entry_is_reached_from_any_later_one_in_few_steps(one: int, other: int) -> None:
    start, end = sorted((one, other))
    steps = [start, *between(start, end), *([end] if end > start else [])]
    assert all(before in (at - 1, earlier_than(at)) for before, at in pairwise(steps))
    assert len(steps) < 500
