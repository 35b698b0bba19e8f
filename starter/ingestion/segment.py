"""The doors for events in Segment's shape: single calls and batches, as Segment's and RudderStack's clients send.

An item of a batch that is no event goes to the refusals and does not hold the others up: no client would mend it,
and a refused batch would be lost whole.
"""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import cast

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request

from starter.ingestion.doors import Door, Refused, accept, answering, open_request
from starter.ingestion.incoming import Incoming
from starter.ingestion.items import KINDS, LARGEST, Malformed, read_item
from store.tables import Refusal

BATCH_LIMIT = 5_000

_KEPT_DEPTH = 64

router = APIRouter(tags=["events"])


def _single(kind: str) -> Door:
    async def take(request: Request) -> None:
        body, envelope = await open_request(request)
        try:
            event = read_item({**body, "type": kind}, replace(envelope, context=None))
        except Malformed as error:
            raise Refused(400, "invalid_event", f"item 0: {error}") from error
        await accept(request, [event])

    return take


async def _take_batch(request: Request) -> None:
    body, envelope = await open_request(request)
    batch = body.get("batch")
    if not isinstance(batch, list):
        raise Refused(400, "invalid_request", "batch: a list of items is missing")
    items = cast(list[object], batch)
    if len(items) > BATCH_LIMIT:
        raise Refused(400, "too_large", f"batch: at most {BATCH_LIMIT} items, this one has {len(items)}")
    events: list[Incoming] = []
    refusals: list[Refusal] = []
    for index, item in enumerate(items):
        try:
            events.append(read_item(item, envelope))
        except Malformed as error:
            refusals.append(_refusal(item, f"item {index}: {error}", envelope.received_at))
    await accept(request, events, refusals)


for _prefix in ("/v1", ""):
    for _kind in KINDS:
        router.add_api_route(f"{_prefix}/{_kind}", answering(_single(_kind)), methods=["POST"])
    for _path in ("batch", "import"):
        router.add_api_route(f"{_prefix}/{_path}", answering(_take_batch), methods=["POST"])


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
