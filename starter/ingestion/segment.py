"""The doors for events in Segment's shape: single calls and batches, as Segment's and RudderStack's clients send.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from project.access import Permission
from starter.ingestion.answers import Door, Refused, answering
from starter.ingestion.doors import Opened, as_object, open_request, take_batch, take_one
from starter.ingestion.items import (
    KINDS,
    Envelope,
    Malformed,
    read_facts,
    read_item,
    read_sent_at,
    read_traceparent,
)

router = APIRouter(tags=["events"])


async def open_call(
    request: Request, permission: Permission = "events:write"
) -> tuple[Opened, dict[str, Any], Envelope]:
    """A request of Segment's shape, its body, and what it says about its item. Raises Refused."""
    opened = await open_request(request, key_field="writeKey", permission=permission)
    body = as_object(opened.body)
    envelope = Envelope(
        received_at=opened.received_at,
        sent_at=read_sent_at(body.get("sentAt")),
        traceparent=read_traceparent(request.headers.get("traceparent")),
    )
    return opened, body, envelope


def _single(kind: str) -> Door:
    async def take(request: Request) -> None:
        opened, body, envelope = await open_call(request)
        await take_one(opened, {**body, "type": kind}, envelope, read_item)

    return take


async def _take_batch(request: Request) -> None:
    opened, body, envelope = await open_call(request)
    try:
        context = read_facts("context", body.get("context"))
    except Malformed as error:
        raise Refused(400, "invalid_request", str(error)) from error
    await take_batch(opened, body.get("batch"), envelope.within(context), read_item)


for _prefix in ("/v1", ""):
    for _kind in KINDS:
        router.add_api_route(f"{_prefix}/{_kind}", answering(_single(_kind)), methods=["POST"])
    for _path in ("batch", "import"):
        router.add_api_route(f"{_prefix}/{_path}", answering(_take_batch), methods=["POST"])
