"""What a stored span is as OpenTelemetry has it: names, ids, times, parents, links and status."""

from datetime import UTC, datetime, timedelta

from opentelemetry.proto.trace.v1 import trace_pb2

from activities.spans import step_span
from store.database import Database
from telemetry import ship_batch
from tests import seeding
from tests.telemetry.conftest import Collector
from workflows.ports import StepRecord

BEGAN = datetime(2026, 3, 2, 11, 0, 0, 123456, tzinfo=UTC)
OPENED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def _arrived(database: Database, collector: Collector) -> dict[str, trace_pb2.Span]:
    await ship_batch(database, collector.exporter())
    return {span.span_id.hex(): span for span in collector.spans}


async def test_a_run_is_one_trace_with_its_steps_below_it_and_their_parts_below_them(
    sqlite_database: Database, collector: Collector
) -> None:
    stored = seeding.trace(seeding.run_ref(), BEGAN, closed=True)
    await seeding.put(sqlite_database, *stored)
    arrived = await _arrived(sqlite_database, collector)
    assert {span.trace_id.hex() for span in arrived.values()} == {stored[0].trace_id}
    for span in stored:
        sent = arrived[span.span_id]
        assert (sent.name, sent.parent_span_id.hex()) == (span.name, span.parent_id or "")
        assert sent.start_time_unix_nano == _nanoseconds(span.started_at)
        assert sent.end_time_unix_nano == _nanoseconds(span.ended_at)


def _nanoseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


async def test_a_step_is_linked_to_the_trace_of_the_event_that_moved_it_on(
    sqlite_database: Database, collector: Collector
) -> None:
    await seeding.put(sqlite_database, _step(causes=(OPENED, "not a traceparent")))
    [sent] = (await _arrived(sqlite_database, collector)).values()
    assert [(link.trace_id.hex(), link.span_id.hex()) for link in sent.links] == [tuple(OPENED.split("-")[1:3])]


def _step(**changes: object):
    given = {
        "step_id": "reminder",
        "kind": "send",
        "started_at": BEGAN,
        "ended_at": BEGAN + timedelta(days=3),
        "outcome": "sent",
    }
    return step_span(seeding.run_ref(), StepRecord.model_validate(given | changes))


async def test_what_failed_has_the_status_error_with_its_reason_and_what_did_not_has_none(
    sqlite_database: Database, collector: Collector
) -> None:
    bad = _step(step_id="related", outcome="rejected", detail="the token is dead")
    good = _step()
    await seeding.put(sqlite_database, bad, good)
    arrived = await _arrived(sqlite_database, collector)
    status = arrived[bad.span_id].status
    assert (status.code, status.message) == (trace_pb2.Status.STATUS_CODE_ERROR, "the token is dead")
    assert arrived[good.span_id].status.code == trace_pb2.Status.STATUS_CODE_UNSET


async def test_a_send_is_a_producer_and_all_else_is_internal(
    sqlite_database: Database, collector: Collector
) -> None:
    stored = seeding.trace(seeding.run_ref(), BEGAN)
    await seeding.put(sqlite_database, *stored)
    arrived = await _arrived(sqlite_database, collector)
    producers = {span.name for span in arrived.values() if span.kind == trace_pb2.Span.SPAN_KIND_PRODUCER}
    others = {span.kind for span in arrived.values() if span.name not in producers}
    assert producers == {"send email", "send push"}
    assert others == {trace_pb2.Span.SPAN_KIND_INTERNAL}


async def test_attributes_keep_their_types(sqlite_database: Database, collector: Collector) -> None:
    await seeding.put(sqlite_database, _step(attributes={"tries": 2, "share": 0.5, "first": True, "why": "no"}))
    [sent] = (await _arrived(sqlite_database, collector)).values()
    values = {each.key: each.value for each in sent.attributes}
    assert values["journey.tries"].int_value == 2
    assert values["journey.share"].double_value == 0.5
    assert values["journey.first"].bool_value is True
    assert values["journey.why"].string_value == "no"
    assert values["journey.run.id"].string_value == seeding.run_ref().workflow_id
