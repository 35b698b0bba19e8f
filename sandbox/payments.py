"""A payment service, as strict as a real one: it refunds an order once per key, and no more than was paid.

It is the shop's own and no vendor's, so its contract is the one that the tool `refund` names.
"""

from collections.abc import Mapping
from typing import Any, Literal, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.http_server import break_connection

Fault = Literal["busy", "limited", "fails", "cut before", "cut after", "no id"]
_FIELDS = {"customer_id", "order_id", "amount", "currency"}


class Payments:
    """Knows what was paid for each order, and keeps every refund by its key."""

    def __init__(self, url: str, token: str, paid: Mapping[str, float]) -> None:
        self.url = url
        self.token = token
        self.refunds: dict[str, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        """What goes wrong with the next requests, in order."""
        self.requests = 0
        self._paid = paid

    async def refund(self, request: Request) -> Response:
        """POST /payments/refunds"""
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

    def _judge(self, headers: Mapping[str, str], body: object) -> Response:
        key = headers.get("idempotency-key", "")
        if headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"error": "unknown token"}, 401)
        if not key or headers.get("content-type") != "application/json":
            return JSONResponse({"error": "an Idempotency-Key and JSON are needed"}, 400)
        if not isinstance(body, dict) or set(given := cast(dict[str, Any], body)) != _FIELDS:
            return JSONResponse({"error": f"exactly these fields are needed: {sorted(_FIELDS)}"}, 400)
        if key in self.refunds:
            same = self.refunds[key] == given
            return JSONResponse({"id": f"re_{key}"}) if same else JSONResponse({"error": "key used before"}, 422)
        refunded = sum(
            refund["amount"] for refund in self.refunds.values() if refund["order_id"] == given["order_id"]
        )
        if given["amount"] > self._paid.get(given["order_id"], 0) - refunded:
            return JSONResponse({"error": "more than was paid"}, 422)
        self.refunds[key] = given
        return JSONResponse({"id": f"re_{key}"}, 201)
