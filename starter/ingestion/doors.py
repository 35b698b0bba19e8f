"""What every door for events shares: the write key, the body, and answers as Segment's clients understand them.

Exactly `200 {"success": true}` once everything is durable; some clients send again on any other success. Every
refusal is `{"code", "message"}`.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.responses import Response

from starter.ingestion.acceptance import Backlogged, NotAccepted, ingestion_of
from starter.ingestion.bodies import UnreadableBody, read_body
from starter.ingestion.incoming import Incoming
from starter.ingestion.items import Envelope, Malformed, read_context, read_sent_at, read_traceparent
from starter.services import services_of
from store.tables import Refusal

REQUEST_LIMIT = 500 * 1024

_ACCEPTED = b'{"success":true}'


class Refused(Exception):
    """The request is answered with an error and nothing of it was kept."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        self.status = status
        self.code = code
        self.retry_after = retry_after
        super().__init__(message)


Door = Callable[[Request], Awaitable[None]]


def answering(door: Door) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a door: its success and its refusals, as clients understand them."""

    async def answer(request: Request) -> Response:
        try:
            await door(request)
        except Refused as refused:
            again = {"Retry-After": str(refused.retry_after)} if refused.retry_after is not None else {}
            body = to_json({"code": refused.code, "message": str(refused)})
            return Response(body, refused.status, again, "application/json")
        return Response(_ACCEPTED, 200, media_type="application/json")

    return answer


async def open_request(request: Request) -> tuple[dict[str, Any], Envelope]:
    """The body of an authorised request, and what it says about all its items. Raises Refused."""
    received_at = datetime.now(UTC)
    given = _key_in_header(request.headers.get("authorization"))
    if given is not None:
        _check_key(request, given)
    try:
        parsed: object = from_json(await read_body(request, REQUEST_LIMIT), allow_inf_nan=False)
        body = cast(dict[str, Any], parsed) if isinstance(parsed, dict) else None
        context = read_context((body or {}).get("context"))
    except UnreadableBody as error:
        raise Refused(400, "unreadable", str(error)) from error
    except ValueError as error:
        raise Refused(400, "invalid_json", f"the body is not JSON: {error}") from error
    except Malformed as error:
        raise Refused(400, "invalid_request", str(error)) from error
    if body is None:
        raise Refused(400, "invalid_request", "the body must be a JSON object")
    if given is None:
        _check_key(request, body.get("writeKey"))
    envelope = Envelope(
        received_at=received_at,
        sent_at=read_sent_at(body.get("sentAt")),
        context=context,
        traceparent=read_traceparent(request.headers.get("traceparent")),
    )
    return body, envelope


def _key_in_header(header: str | None) -> str | None:
    """The write key in an Authorization header: the user of Basic or the token of Bearer; None without one."""
    scheme, _, credentials = (header or "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _check_key(request: Request, key: object) -> None:
    if key not in services_of(request).project.write_keys:
        raise Refused(401, "unknown_write_key", "the write key is missing or not one of this project")


async def accept(request: Request, events: Sequence[Incoming], refusals: Sequence[Refusal] = ()) -> None:
    """Make events durable, and what was refused beside them. Raises Refused, and then nothing was kept."""
    try:
        await ingestion_of(request).accept(events, refusals)
    except NotAccepted as error:
        status, code = (429, "backlogged") if isinstance(error, Backlogged) else (503, "unavailable")
        raise Refused(status, code, str(error), error.retry_after) from error
