"""SendGrid's v3 `mail/send`, as SendGrid answers it."""

import json
import re
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
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

_SCHEMA = Path(__file__).parent / "schemas" / "sendgrid_mail_send.json"
_REQUEST: Validator = Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
_OWN_HEADERS = frozenset(
    {
        "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to",
        "from", "subject", "reply-to", "cc", "bcc",
    }
)  # fmt: skip
"""Headers that SendGrid sets itself."""
_UNSAFE = re.compile(r"[\r\n\x00]")
_BY_ARGUMENT = re.compile(r"unique_args\['delivery_id'\]=\"(?P<value>[^\"]+)\"")
_MOST_FOUND = 1000
_SEARCHES_A_MINUTE = 6
"""https://www.twilio.com/docs/sendgrid/api-reference/email-activity#rate-limits"""
_MOST_ARGUMENTS = 10_000
_A_SECOND = 600
"""Requests a second, as its headers tell."""

# https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/responses
_ERRORS: dict[int, str] = {
    400: "Bad Request",
    401: "The provided authorization grant is invalid, expired, or revoked",
    403: "The from address does not match a verified Sender Identity.",
    404: "not found",
    405: "method not allowed",
    413: "The JSON payload you have included in your request is too large.",
    429: "too many requests",
    500: "An error occurred on a SendGrid server.",
    503: "The SendGrid v3 Web API is not available.",
}


@dataclass(frozen=True)
class SendGrid:
    mailbox: Mailbox
    faults: Faults
    api_key: str
    domain: str
    """The one that may send."""
    searches: deque[float] = field(default_factory=deque[float])
    """When the Email Activity Feed was last asked, by the machine's own clock, in seconds."""

    async def send(self, request: Request) -> Response:
        """POST /v3/mail/send"""
        if not self._is_signed_in(request):
            return _error(401)
        try:
            body: Any = json.loads(await request.body())
            _REQUEST.validate(body)
        except json.JSONDecodeError:
            return _error(400)
        except ValidationError as error:
            return _error(
                400, error.message, error.json_path.removeprefix("$.").replace("[", ".").replace("]", "")
            )
        return self._refusal(body) or await self._answer(request, body)

    async def search(self, request: Request) -> Response:
        """GET /v3/messages: the Email Activity Feed, asked for a custom argument, at most six times a minute."""
        if not self._is_signed_in(request):
            return _error(401)
        if self._asked_too_often():
            return _error(429)
        asked = _BY_ARGUMENT.fullmatch(request.query_params.get("query", ""))
        limit = request.query_params.get("limit", "10")
        if not asked or not limit.isdigit() or not 0 < int(limit) <= _MOST_FOUND:
            return _error(400, "invalid filter expression", "query")
        found = [
            # Behind the id that the sender was given stand the servers that the mail went through.
            {
                "msg_id": f"{m.vendor_id}.recvd-1.0",
                "to_email": m.recipient,
                "subject": m.title,
                "status": "processed",
            }
            for m in self.mailbox.find("email", asked["value"])
            if m.vendor == "sendgrid"
        ]
        return JSONResponse({"messages": found[: int(limit)]})

    def _asked_too_often(self) -> bool:
        now = time.monotonic()
        while self.searches and now - self.searches[0] >= 60:
            self.searches.popleft()
        self.searches.append(now)
        return len(self.searches) > _SEARCHES_A_MINUTE

    def _is_signed_in(self, request: Request) -> bool:
        expected = f"Bearer {self.api_key}".encode()
        return secrets.compare_digest(request.headers.get("Authorization", "").encode(), expected)

    def _refusal(self, body: dict[str, Any]) -> Response | None:
        """What the schema cannot say."""
        kinds = [part["type"] for part in body.get("content", ())]
        if "template_id" not in body and ("subject" not in body or not kinds):
            return _error(400, "The subject and the content are required without a template.", "subject")
        if "text/plain" in kinds[1:]:
            return _error(400, "If present, text/plain and text/html must be in that order.", "content")
        if own := _OWN_HEADERS & {name.lower() for name in body.get("headers", ())}:
            return _error(400, f"The header {min(own)} is reserved.", "headers")
        if any(_UNSAFE.search(text) for text in (body.get("subject", ""), *body.get("headers", {}).values())):
            return _error(400, "Headers and the subject must not contain line breaks.", "headers")
        if len(json.dumps(body.get("custom_args", {}))) > _MOST_ARGUMENTS:
            return _error(400, "The custom arguments have more than 10,000 bytes.", "custom_args")
        if body["from"]["email"].rpartition("@")[2] != self.domain:
            return _error(403, field="from")
        return None

    async def _answer(self, request: Request, body: dict[str, Any]) -> Response:
        recipient, vendor_id = body["personalizations"][0]["to"][0]["email"], secrets.token_urlsafe(16)

        def take() -> Message:
            parts = {part["type"]: part["value"] for part in body["content"]}
            sender = f"{body['from'].get('name', '')} <{body['from']['email']}>".strip()
            headers = {"From": sender, "To": recipient, "Subject": body["subject"], **body.get("headers", {})}
            delivery_id = body.get("custom_args", {}).get("delivery_id", "")
            text, html = parts.get("text/plain", ""), parts.get("text/html", "")
            return keep_request(
                self.mailbox, "sendgrid", body, recipient, vendor_id, delivery_id, headers, text, html
            )

        fault = self.faults.take(recipient)
        if wrong := await accidents.instead_of_yes(fault, request, self.faults, take, _refused):
            return wrong
        take()
        return Response(status_code=202, headers={"X-Message-Id": vendor_id, **_limits(_A_SECOND - 1)})


def _limits(remaining: int, seconds: int = 1) -> dict[str, str]:
    reset = int(datetime.now(UTC).timestamp()) + seconds
    told = {"Limit": _A_SECOND, "Remaining": remaining, "Reset": reset}
    return {f"X-RateLimit-{name}": str(value) for name, value in told.items()}


def _refused(fault: Fault) -> Response:
    """A planned fault, by its HTTP status; a word after it is the field: `400 personalizations.0.to.0.email`."""
    status, _, field = str(fault.answer).partition(" ")
    answer = _error(int(status), field=field or None)
    if fault.retry_after is not None:
        answer.headers.update(_limits(0, fault.retry_after))
    return answer


def _error(status: int, message: str = "", field: str | None = None) -> Response:
    told = {"message": message or _ERRORS.get(status, "Unknown error"), "field": field, "help": None}
    return JSONResponse({"errors": [told]}, status, _limits(_A_SECOND - 1))
