"""Postmark's `/email`, as Postmark answers it."""

import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import accidents
from sandbox.faults import Fault, Faults
from sandbox.mailbox import Mailbox, Message
from sandbox.mails import keep_request

_SCHEMA = Path(__file__).parent / "schemas" / "postmark_email.json"
_REQUEST: Validator = Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
_ADDRESS = re.compile(r"[^\s@<>\",;]+@[^\s@<>\",;]+\.[^\s@<>\",;]+")
_UNSAFE = re.compile(r"[\r\n\x00]")
_STREAMS = ("outbound", "broadcast")

# ErrorCode: HTTP status, message. https://postmarkapp.com/developer/api/overview#error-codes
_ERRORS: dict[int, tuple[int, str]] = {
    10: (401, "The Server Token you provided in the X-Postmark-Server-Token request header was invalid."),
    100: (503, "Postmark is offline for maintenance."),
    300: (422, "Invalid email request"),
    400: (422, "The 'From' address you supplied is not a Sender Signature on your account."),
    401: (422, "The 'From' address you supplied is a Sender Signature that is not confirmed."),
    402: (422, "Invalid JSON"),
    403: (422, "Invalid request field(s)"),
    405: (422, "You ran out of credits."),
    406: (422, "You tried to send to recipient(s) that have been marked as inactive."),
    409: (422, "JSON required: your HTTP request does not have the Accept and Content-Type headers set to JSON."),
    410: (422, "Too many batch messages"),
    411: (422, "Forbidden attachment type"),
    412: (422, "Your account is pending approval."),
    413: (422, "Your account may not send emails."),
    429: (429, "Rate limit exceeded"),
    500: (500, "Internal server error"),
    503: (503, "Service unavailable"),
    1235: (422, "The stream provided does not exist on this server."),
}


@dataclass(frozen=True)
class Postmark:
    mailbox: Mailbox
    faults: Faults
    server_token: str
    domain: str
    """The one that may send."""

    async def send(self, request: Request) -> Response:
        """POST /email"""
        if not self._is_signed_in(request):
            return _error(10)
        if not request.headers.get("Content-Type", "").startswith("application/json"):
            return _error(409)
        try:
            body: Any = json.loads(await request.body())
            _REQUEST.validate(body)
        except json.JSONDecodeError:
            return _error(402)
        except ValidationError as error:
            return _error(300 if error.validator in ("required", "anyOf") else 403, error.message)
        code = self._refusal(body)
        return _error(code) if code else await self._answer(request, body)

    async def search(self, request: Request) -> Response:
        """GET /messages/outbound: in one stream, by default `outbound`; by metadata alone."""
        if not self._is_signed_in(request):
            return _error(10)
        params = request.query_params
        if not {"count", "offset"} <= params.keys() or not params["count"].isdigit() or int(params["count"]) > 500:
            return _error(600, "The 'Count' and 'Offset' parameters are required.")
        wanted = params.get("metadata_delivery_id", "")
        found = [
            {"MessageID": m.vendor_id, "Recipients": [m.recipient], "Subject": m.title, "Status": "Sent"}
            for m in self.mailbox.find("email", wanted)
            if m.vendor == "postmark"
            and m.content["request"].get("MessageStream", "outbound") == params.get("messagestream", "outbound")
        ]
        return JSONResponse({"TotalCount": len(found), "Messages": found[: int(params["count"])]})

    def _is_signed_in(self, request: Request) -> bool:
        given = request.headers.get("X-Postmark-Server-Token", "")
        return secrets.compare_digest(given.encode(), self.server_token.encode())

    def _refusal(self, body: dict[str, Any]) -> int | None:
        """The code with which Postmark refuses what the schema cannot say, or None."""
        sender = parseaddr(body["From"])[1]
        headers = body.get("Headers", [])
        wrong = {
            300: not _ADDRESS.fullmatch(sender)
            or not _ADDRESS.fullmatch(body["To"])
            or any(_UNSAFE.search(text) for text in (body.get("Subject", ""), *(h["Value"] for h in headers))),
            400: sender.rpartition("@")[2] != self.domain,
            1235: body.get("MessageStream", "outbound") not in _STREAMS,
        }
        return next((code for code, is_wrong in wrong.items() if is_wrong), None)

    async def _answer(self, request: Request, body: dict[str, Any]) -> Response:
        recipient, vendor_id = body["To"], _guid()

        def take() -> Message:
            asked = {header["Name"]: header["Value"] for header in body.get("Headers", [])}
            headers = {"From": body["From"], "To": recipient, "Subject": body.get("Subject", ""), **asked}
            delivery_id = body.get("Metadata", {}).get("delivery_id", "")
            text, html = body.get("TextBody", ""), body.get("HtmlBody", "")
            return keep_request(
                self.mailbox, "postmark", body, recipient, vendor_id, delivery_id, headers, text, html
            )

        fault, refused = self.faults.take(recipient), partial(_refused, recipient)
        if wrong := await accidents.instead_of_yes(fault, request, self.faults, take, refused):
            return wrong
        take()
        now = datetime.now(UTC).isoformat()
        sent = {"To": recipient, "SubmittedAt": now, "MessageID": vendor_id, "ErrorCode": 0, "Message": "OK"}
        return JSONResponse(sent)


def _guid() -> str:
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _refused(recipient: str, fault: Fault) -> Response:
    """A planned fault, by Postmark's code or the HTTP status."""
    code = int(fault.answer)
    told = f"{_ERRORS[406][1]} Found inactive addresses: {recipient}." if code == 406 else ""
    return _error(code, told, fault.retry_after)


def _error(code: int, message: str = "", retry_after: int | None = None) -> Response:
    status, usual = _ERRORS.get(code, (422, "Unknown error"))
    headers = accidents.wait_header(retry_after)
    return JSONResponse({"ErrorCode": code, "Message": message or usual}, status, headers)
