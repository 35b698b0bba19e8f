"""A service that takes signed webhooks (Standard Webhooks), as a careful one would."""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import accidents
from sandbox.faults import Fault, Faults
from sandbox.mailbox import Mailbox, Message

_SKEW_SECONDS = 300


@dataclass(frozen=True)
class WebhookService:
    mailbox: Mailbox
    faults: Faults
    secret: str
    """`whsec_` and a key in base64."""

    async def take(self, request: Request) -> Response:
        """POST /webhook-service"""
        content = await request.body()
        if wrong := self._unproved(request, content):
            return JSONResponse({"error": wrong}, 401)
        body: Any = json.loads(content)
        recipient, delivery_id = str(body["data"]["customer_id"]), str(body["data"]["delivery_id"])

        def take() -> Message:
            content = {"request": body, "shown": json.dumps(body["data"]["fields"], indent=2, ensure_ascii=False)}
            webhook_id = request.headers["webhook-id"]
            return self.mailbox.add("webhook", recipient, delivery_id, webhook_id, str(body["type"]), content)

        fault = self.faults.take(recipient)
        if wrong := await accidents.instead_of_yes(fault, request, self.faults, take, _refused):
            return wrong
        take()
        return Response(status_code=204)

    def _unproved(self, request: Request, content: bytes) -> str:
        """Why the call is not proved, or empty."""
        given = {name: request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")}
        if not all(given.values()) or not given["timestamp"].isdecimal():
            return "a header is missing"
        if abs(datetime.now(UTC).timestamp() - int(given["timestamp"])) > _SKEW_SECONDS:
            return "the call is too old"
        signed = f"{given['id']}.{given['timestamp']}.".encode() + content
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        good = any(hmac.compare_digest(one.encode(), expected.encode()) for one in given["signature"].split())
        return "" if good else "the signature is wrong"


def _refused(fault: Fault) -> Response:
    """A planned fault, by the HTTP status."""
    return Response(status_code=int(fault.answer), headers=accidents.wait_header(fault.retry_after))
