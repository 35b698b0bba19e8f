"""The layout of a trace: true in order and overlap, readable at every scale."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from starter.console.waterfall import Row, waterfall
from store.tables import Span
from tests.seeding import run_ref, trace

BEGAN = datetime(2026, 3, 3, 10, tzinfo=UTC)


def rows(scale: str = "even") -> dict[str, Row]:
    """The rows of a two-day run by step and name."""
    laid = waterfall(trace(run_ref(), BEGAN, closed=True), "true" if scale == "true" else "even")
    return {f"{row.span.step_id} {row.span.name}".strip(): row for row in laid.rows}


def test_children_follow_their_parent_and_stand_deeper() -> None:
    spans = trace(run_ref(), BEGAN, closed=True)
    laid = [(row.depth, row.span.name) for row in waterfall(spans[::-1]).rows]
    assert laid[:5] == [
        (0, "journey browse-abandonment"),
        (1, "step wait"),
        (1, "step send"),
        (2, "policy evaluate"),
        (2, "send email"),
    ]


def test_a_run_fills_the_width() -> None:
    root = rows()["journey browse-abandonment"]
    assert (root.start, root.end) == (0, 100)


def test_what_follows_another_starts_where_that_one_ends() -> None:
    found = rows()
    assert found["wait_1 step wait"].end == found["reminder step send"].start


def test_a_send_of_milliseconds_can_be_seen_beside_a_wait_of_hours() -> None:
    send, wait = rows()["reminder step send"], rows()["wait_3 step wait"]
    assert send.end - send.start > 3
    assert wait.end - wait.start > send.end - send.start


def test_on_the_true_scale_widths_are_times() -> None:
    found = rows("true")
    short, long = found["wait_1 step wait"], found["wait_3 step wait"]
    ratio = (long.end - long.start) / (short.end - short.start)
    assert abs(ratio - timedelta(hours=4) / timedelta(minutes=30)) < 0.01


def test_offsets_count_from_the_start_of_the_run() -> None:
    assert rows()["wait_3 step wait"].offset == timedelta(minutes=30, milliseconds=184)


def test_ticks_have_room_for_their_names() -> None:
    ticks = waterfall(trace(run_ref(), BEGAN, closed=True)).ticks
    assert ticks[0].at == 0
    assert all(b.at - a.at >= 12 for a, b in pairwise(ticks))


def test_a_span_without_its_parent_is_shown_all_the_same() -> None:
    spans = [span for span in trace(run_ref(), BEGAN) if span.parent_id]
    assert {row.depth for row in waterfall(spans).rows} == {0, 1}


def test_a_moment_alone_and_nothing_at_all_can_be_drawn() -> None:
    assert waterfall([]).rows == []
    instant: Span = trace(run_ref(), BEGAN)[0].model_copy(update={"ended_at": BEGAN})
    [row] = waterfall([instant]).rows
    assert (row.start, row.end) == (0, 0)
