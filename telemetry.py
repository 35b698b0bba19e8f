"""OpenTelemetry: ships the spans that the store keeps to an OTLP collector, if one is named.

Spans are written in the transaction of what they tell of and shipped from there, so none is lost with a
process, and one that is shipped twice has the same id both times.
"""

import asyncio
import logging
import os
from collections.abc import Sequence
from datetime import datetime

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from sqlalchemy.exc import SQLAlchemyError

from store.database import Database
from store.tables import Span
from store.timeline import mark_exported, unexported_spans

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_BATCH = 256
_PAUSE_S = 1.0
_SCOPE = InstrumentationScope("sojourn", "0.1.0")
_KINDS = {"producer": SpanKind.PRODUCER, "client": SpanKind.CLIENT}
_RESOURCE = Resource.create({"service.name": "journey-worker"})

_log = logging.getLogger(__name__)


def collector_named() -> bool:
    """Whether the environment names an OTLP collector. Without one, spans stay in the store."""
    return any(os.environ.get(name) for name in ENDPOINTS)


async def ship_spans(database: Database, exporter: SpanExporter | None = None) -> None:
    """Ship spans as they are written, until cancelled. What is down, collector or store, is tried again later."""
    exporter = exporter or OTLPSpanExporter()
    while True:
        shipped = 0
        try:
            shipped = await ship_batch(database, exporter)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("the spans cannot be shipped now: %s", error)
        if shipped < _BATCH:
            await asyncio.sleep(_PAUSE_S)


async def ship_batch(database: Database, exporter: SpanExporter) -> int:
    """Ship the oldest spans that have not left yet; gives how many did."""
    async with database.reading() as session:
        spans = await unexported_spans(session, _BATCH)
    if not spans or not await asyncio.to_thread(_export, exporter, spans):
        return 0
    async with database.transaction() as session:
        await mark_exported(session, [span.span_id for span in spans])
    return len(spans)


def readable(span: Span) -> ReadableSpan:
    """A stored span as the SDK's exporters take it."""
    trace_id = int(span.trace_id, 16)
    return ReadableSpan(
        name=span.name,
        context=_context(trace_id, int(span.span_id, 16)),
        parent=_context(trace_id, int(span.parent_id, 16)) if span.parent_id else None,
        resource=_RESOURCE,
        attributes=span.attributes,
        links=[link for link in map(_link, span.links) if link],
        kind=_KINDS.get(span.kind, SpanKind.INTERNAL),
        status=Status(StatusCode.ERROR, span.detail) if span.error else Status(StatusCode.UNSET),
        start_time=_nanoseconds(span.started_at),
        end_time=_nanoseconds(span.ended_at),
        instrumentation_scope=_SCOPE,
    )


def _export(exporter: SpanExporter, spans: Sequence[Span]) -> bool:
    return exporter.export([readable(span) for span in spans]) is SpanExportResult.SUCCESS


def _context(trace_id: int, span_id: int) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _link(traceparent: str) -> Link | None:
    """A link to the span of a W3C traceparent (https://www.w3.org/TR/trace-context/); None if it is malformed."""
    parts = traceparent.split("-")
    try:
        return Link(_context(int(parts[1], 16), int(parts[2], 16)))
    except (IndexError, ValueError):
        return None


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000
