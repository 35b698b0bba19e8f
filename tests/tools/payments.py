"""A payment service, as strict as a real one: it refunds an order once per key, and no more than was paid."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Literal, cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.http_server import break_connection, serving

TOKEN = "payments-token"
Fault = Literal["busy", "limited", "fails", "cut before", "cut after", "no id"]


class Payments:
    """Knows what was paid for each order, and keeps every refund by its key."""

    def __init__(self, **paid: float) -> None:
        self.paid = paid
        self.refunds: dict[str, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        """What goes wrong with the next requests, in order."""
        self.requests = 0
        self.url = ""

    async def refund(self, request: Request) -> Response:
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault == "busy":
            return JSONResponse({"error": "down for maintenance"}, 503)
        if fault == "limited":
            return JSONResponse({"error": "too many requests"}, 429, {"Retry-After": "7"})
        if fault == "cut before":
            break_connection(request)
            return Response()
        answer = self._judge(request.headers, await request.json())
        if fault == "cut after":
            break_connection(request)
        if fault == "fails":
            return JSONResponse({"error": "internal error"}, 500)
        return JSONResponse({"status": "accepted"}, 202) if fault == "no id" else answer

    def _judge(self, headers: Any, body: Any) -> Response:
        key = headers.get("idempotency-key", "")
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"error": "unknown token"}, 401)
        if not key or headers.get("content-type") != "application/json":
            return JSONResponse({"error": "an Idempotency-Key and JSON are needed"}, 400)
        given = cast(dict[str, Any], body)
        if set(given) != {"customer_id", "order_id", "amount", "currency"}:
            return JSONResponse({"error": f"unexpected fields: {sorted(given)}"}, 400)
        if key in self.refunds:
            same = self.refunds[key] == given
            return JSONResponse({"id": f"re_{key}"}) if same else JSONResponse({"error": "key used before"}, 422)
        left = self.paid.get(given["order_id"], 0) - sum(
            refund["amount"] for refund in self.refunds.values() if refund["order_id"] == given["order_id"]
        )
        if given["amount"] > left:
            return JSONResponse({"error": "more than was paid"}, 422)
        self.refunds[key] = given
        return JSONResponse({"id": f"re_{key}"}, 201)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Payments"]:
        """Serve on this machine for as long as the block lasts."""
        app = Starlette(routes=[Route("/refunds", self.refund, methods=["POST"])])
        async with serving(app, 0) as port:
            self.url = f"http://127.0.0.1:{port}/refunds"
            yield self
