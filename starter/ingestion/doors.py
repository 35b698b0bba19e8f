"""What every door for events shares: it opens a request, and takes what is in it, one event or many.

An item of a batch that is no event goes to the refusals and does not hold the others up: no client would mend it,
and a refused batch would be lost whole.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from pydantic_core import from_json, to_json
from starlette.requests import Request

from project.access import Permission, WriteKey
from starter.ingestion.acceptance import ingestion_of
from starter.ingestion.answers import Refused
from starter.ingestion.bodies import UnreadableBody, read_body
from starter.ingestion.incoming import Incoming
from starter.ingestion.items import LARGEST, Envelope, Malformed
from starter.ingestion.keys import key_beside_body, known_key
from starter.ingestion.privacy_signal import with_signal
from store.tables import Refusal

REQUEST_LIMIT = 500 * 1024
"""Bytes that a request may have, unpacked."""
BATCH_LIMIT = 5_000

_KEPT_DEPTH = 64

Read = Callable[[Any, Envelope], Incoming]
"""Makes an event of one item. Raises Malformed."""


@dataclass(frozen=True)
class Opened:
    """A request that may bring events, and its body."""

    request: Request
    key: WriteKey
    body: Any
    received_at: datetime


async def open_request(request: Request, key_field: str, permission: Permission = "events:write") -> Opened:
    """A request whose body is JSON; its key is beside the body or in `key_field` of it. Raises Refused."""
    received_at, given = datetime.now(UTC), key_beside_body(request)
    key = await known_key(request, given, permission) if given is not None else None
    body = parse(await whole_body(request))
    if key is None:
        inside = cast(dict[str, Any], body).get(key_field) if isinstance(body, dict) else None
        key = await known_key(request, inside, permission)
    return Opened(request, key, body, received_at)


async def whole_body(request: Request) -> bytes:
    """The body, unpacked. Raises Refused."""
    try:
        return await read_body(request, REQUEST_LIMIT)
    except UnreadableBody as error:
        raise Refused(400, "unreadable", str(error)) from error


def parse(body: bytes) -> object:
    """JSON as values. Raises Refused."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Refused(400, "invalid_json", f"the body is not JSON: {error}") from error


def as_object(body: object) -> dict[str, Any]:
    """A body that must be a JSON object. Raises Refused."""
    if not isinstance(body, dict):
        raise Refused(400, "invalid_request", "the body must be a JSON object")
    return cast(dict[str, Any], body)


async def take_one(opened: Opened, item: object, envelope: Envelope, read: Read) -> None:
    """Make the one event of a request durable. Raises Refused, and NotAccepted."""
    try:
        event = with_signal(read(item, envelope), opened.request)
    except Malformed as error:
        raise Refused(400, "invalid_event", str(error)) from error
    if not opened.key.may_bring(event.name):
        raise Refused(403, "event_not_allowed", _not_allowed(event))
    await ingestion_of(opened.request).accept([event])


async def take_batch(opened: Opened, batch: object, envelope: Envelope, read: Read) -> None:
    """Make the events of a batch durable, and beside them what is none. Raises Refused, and NotAccepted."""
    if not isinstance(batch, list):
        raise Refused(400, "invalid_request", "batch: a list of items is missing")
    items = cast(Sequence[object], batch)
    if len(items) > BATCH_LIMIT:
        raise Refused(400, "too_large", f"batch: at most {BATCH_LIMIT} items, this one has {len(items)}")
    events: list[Incoming] = []
    refusals: list[Refusal] = []
    for index, item in enumerate(items):
        try:
            event = with_signal(read(item, envelope), opened.request)
            if not opened.key.may_bring(event.name):
                raise Malformed("", _not_allowed(event))
            events.append(event)
        except Malformed as error:
            refusals.append(_refusal(item, f"item {index}: {error}", envelope.received_at))
    await ingestion_of(opened.request).accept(events, refusals)


def _not_allowed(event: Incoming) -> str:
    return f"this key may not bring '{event.name}'; allow it under write_keys in sojourn.yaml, or for the token"


def _refusal(item: object, reason: str, received_at: datetime) -> Refusal:
    raw = to_json(_pruned(item, _KEPT_DEPTH))
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
