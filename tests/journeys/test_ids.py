import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys import ids

texts = st.text(max_size=30)


@pytest.mark.parametrize(
    ("key", "expected"),
    [("ridgeline-40", "j:c1:ridgeline-40"), ("", "j:c1:-"), ("a.b_c~d", "j:c1:a.b_c~d")],
)
def test_a_workflow_id_is_readable_where_its_key_is_a_plain_token(key: str, expected: str):
    assert ids.workflow_id("j", "c1", key) == expected


@pytest.mark.parametrize("key", ["ana@shop.example", "two words", "a:b", "x" * 81, "né", "\n"])
def test_any_other_key_is_hashed_so_that_it_does_not_show(key: str):
    named = ids.workflow_id("j", "c1", key)

    assert re.fullmatch(r"j:c1:[a-z2-7]{20}", named)
    assert named == ids.workflow_id("j", "c1", key)


@given(texts, texts)
def test_different_keys_have_different_workflows(one: str, other: str):
    assert (ids.workflow_id("j", "c", one) == ids.workflow_id("j", "c", other)) == (one == other)


def test_a_step_has_one_delivery_key_for_each_pass_and_each_run():
    keys = {
        ids.delivery_key("w", "r", "reminder", 0),
        ids.delivery_key("w", "r", "reminder", 1),
        ids.delivery_key("w", "r", "offer", 0),
        ids.delivery_key("w", "r2", "reminder", 0),
        ids.delivery_key("w2", "r", "reminder", 0),
    }

    assert len(keys) == 5
    assert all(re.fullmatch(r"d_[a-z2-7]{30}", key) for key in keys)
    assert ids.delivery_key("w", "r", "reminder", 0) in keys


def test_an_approval_belongs_to_a_delivery_its_content_and_the_time_it_was_asked():
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    asked = {
        ids.approval_id("d_1", "hash1", noon),
        ids.approval_id("d_1", "hash2", noon),
        ids.approval_id("d_2", "hash1", noon),
        ids.approval_id("d_1", "hash1", noon + timedelta(hours=1)),
    }
    assert len(asked) == 4
    assert all(re.fullmatch(r"a_[a-z2-7]{30}", approval) for approval in asked)


@given(texts, texts, st.lists(texts, max_size=3))
def test_trace_and_span_ids_have_the_forms_of_w3c(workflow: str, run: str, parts: list[str]):
    assert re.fullmatch(r"[0-9a-f]{32}", ids.trace_id(workflow, run))
    assert re.fullmatch(r"[0-9a-f]{16}", ids.span_id(workflow, run, *parts))


def test_a_span_is_the_same_on_every_replay_and_another_for_each_step():
    assert ids.span_id("w", "r", "reminder", "0") == ids.span_id("w", "r", "reminder", "0")
    assert len({ids.span_id("w", "r"), ids.span_id("w", "r", "a"), ids.span_id("w", "r", "a", "1")}) == 3


def test_an_event_without_a_trace_is_given_one_that_is_always_the_same():
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", ids.event_traceparent("e1"))
    assert ids.event_traceparent("e1") == ids.event_traceparent("e1") != ids.event_traceparent("e2")
