"""The doors for events in Segment's shape: single calls and batches, as Segment's and RudderStack's clients send.

Exactly `200 {"success": true}` once everything is durable; some clients send again on any other success. Every
refusal is `{"code", "message"}`. An item of a batch that is no event goes to the refusals and does not hold the
others up: no client would mend it, and a refused batch would be lost whole.
"""

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from starter.bodies import UnreadableBody, read_body
from starter.incoming import Incoming
from starter.ingestion import Backlogged, NotAccepted, ingestion_of
from starter.items import (
    KINDS,
    LARGEST,
    Envelope,
    Malformed,
    read_context,
    read_item,
    read_sent_at,
    read_traceparent,
)
from starter.services import services_of
from store.tables import Refusal

REQUEST_LIMIT = 500 * 1024
BATCH_LIMIT = 5_000

_ACCEPTED = b'{"success":true}'
_KEPT_DEPTH = 64

router = APIRouter(tags=["events"])


class _Refused(Exception):
    """The request is answered with an error and nothing of it was kept."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        self.status = status
        self.code = code
        self.retry_after = retry_after
        super().__init__(message)


Door = Callable[[Request], Awaitable[None]]


def _answering(door: Door) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a door: its success and its refusals, as clients understand them."""

    async def answer(request: Request) -> Response:
        try:
            await door(request)
        except _Refused as refused:
            again = {"Retry-After": str(refused.retry_after)} if refused.retry_after is not None else {}
            body = orjson.dumps({"code": refused.code, "message": str(refused)})
            return Response(body, refused.status, again, "application/json")
        return Response(_ACCEPTED, 200, media_type="application/json")

    return answer


def _single(kind: str) -> Door:
    async def take(request: Request) -> None:
        body, envelope = await _open(request)
        try:
            event = read_item({**body, "type": kind}, replace(envelope, context=None))
        except Malformed as error:
            raise _Refused(400, "invalid_event", f"item 0: {error}") from error
        await _accept(request, [event], [])

    return take


async def _take_batch(request: Request) -> None:
    body, envelope = await _open(request)
    batch = body.get("batch")
    if not isinstance(batch, list):
        raise _Refused(400, "invalid_request", "batch: a list of items is missing")
    items = cast(list[object], batch)
    if len(items) > BATCH_LIMIT:
        raise _Refused(400, "too_large", f"batch: at most {BATCH_LIMIT} items, this one has {len(items)}")
    events: list[Incoming] = []
    refusals: list[Refusal] = []
    for index, item in enumerate(items):
        try:
            events.append(read_item(item, envelope))
        except Malformed as error:
            refusals.append(_refusal(item, f"item {index}: {error}", envelope.received_at))
    await _accept(request, events, refusals)


for _prefix in ("/v1", ""):
    for _kind in KINDS:
        router.add_api_route(f"{_prefix}/{_kind}", _answering(_single(_kind)), methods=["POST"])
    for _path in ("batch", "import"):
        router.add_api_route(f"{_prefix}/{_path}", _answering(_take_batch), methods=["POST"])


async def _open(request: Request) -> tuple[dict[str, Any], Envelope]:
    """The body of an authorised request, and what it says about all its items."""
    received_at = datetime.now(UTC)
    given = _key_in_header(request.headers.get("authorization"))
    if given is not None:
        _check_key(request, given)
    try:
        parsed: object = orjson.loads(await read_body(request, REQUEST_LIMIT))
        body = cast(dict[str, Any], parsed) if isinstance(parsed, dict) else None
        context = read_context((body or {}).get("context"))
    except UnreadableBody as error:
        raise _Refused(400, "unreadable", str(error)) from error
    except orjson.JSONDecodeError as error:
        raise _Refused(400, "invalid_json", f"the body is not JSON: {error}") from error
    except Malformed as error:
        raise _Refused(400, "invalid_request", str(error)) from error
    if body is None:
        raise _Refused(400, "invalid_request", "the body must be a JSON object")
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
        raise _Refused(401, "unknown_write_key", "the write key is missing or not one of this project")


def _refusal(item: object, reason: str, received_at: datetime) -> Refusal:
    raw = orjson.dumps(_pruned(item, _KEPT_DEPTH))
    return Refusal(
        id=hashlib.sha256(raw).hexdigest(),
        received_at=received_at,
        reason=reason,
        raw=raw[:LARGEST].decode(errors="ignore"),
    )


def _pruned(value: object, depth: int) -> object:
    """The value without what is nested so deep that it cannot be written."""
    if isinstance(value, dict):
        inner = cast(dict[str, object], value)
        return {key: _pruned(child, depth - 1) for key, child in inner.items()} if depth else "..."
    if isinstance(value, list):
        return [_pruned(child, depth - 1) for child in cast(list[object], value)] if depth else "..."
    return value


async def _accept(request: Request, events: list[Incoming], refusals: list[Refusal]) -> None:
    try:
        await ingestion_of(request).accept(events, refusals)
    except NotAccepted as error:
        status, code = (429, "backlogged") if isinstance(error, Backlogged) else (503, "unavailable")
        raise _Refused(status, code, str(error), error.retry_after) from error
