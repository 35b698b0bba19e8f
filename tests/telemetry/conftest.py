"""An OTLP collector that keeps what it was sent, and can be down."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1 import trace_pb2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.http_server import serving


@dataclass
class Collector:
    """Takes `POST /v1/traces` as the OTLP specification wants it: protobuf in, protobuf out."""

    url: str = ""
    is_up: bool = True
    asked: int = 0
    services: set[str] = field(default_factory=set[str])
    spans: list[trace_pb2.Span] = field(default_factory=list[trace_pb2.Span])
    """Every span it took, in order, doubles included."""

    async def take(self, request: Request) -> Response:
        self.asked += 1
        if not self.is_up:
            return Response(status_code=400)  # which the exporter does not try again by itself
        assert request.headers["content-type"] == "application/x-protobuf"
        sent = ExportTraceServiceRequest.FromString(await request.body())
        for resource in sent.resource_spans:
            attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.services.add(attributes["service.name"])
            for scope in resource.scope_spans:
                self.spans += scope.spans
        return Response(ExportTraceServiceResponse().SerializeToString(), media_type="application/x-protobuf")

    def exporter(self) -> OTLPSpanExporter:
        return OTLPSpanExporter(endpoint=f"{self.url}/v1/traces", timeout=5)


@pytest.fixture
async def collector() -> AsyncGenerator[Collector]:
    running = Collector()
    app = Starlette(routes=[Route("/v1/traces", running.take, methods=["POST"])])
    async with serving(app, 0) as port:
        running.url = f"http://127.0.0.1:{port}"
        yield running
