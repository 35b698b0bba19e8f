"""The door for CloudEvents 1.0 over HTTP: binary, structured and batched, and the handshake of its webhooks.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md and http-webhook.md.
The `type` is the event's name, the `data` its properties. The customer is named by the extension `userid` or
`anonymousid`, else by `userId` or `anonymousId` in the data, else by the `subject`. `source` and `id` together
make an event unique.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import unquote

from fastapi import APIRouter
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import Response

from starter.ingestion.answers import Refused, answering
from starter.ingestion.doors import Opened, as_object, parse, take_batch, take_one, whole_body
from starter.ingestion.incoming import Incoming
from starter.ingestion.items import Envelope, Malformed, read_item, read_traceparent
from starter.ingestion.keys import key_beside_body, known_key

_REQUIRED = ("id", "source", "specversion", "type")
_STRUCTURED = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"
_PREFIX = "ce-"

router = APIRouter(tags=["events"])


async def _take(request: Request) -> None:
    key = await known_key(request, key_beside_body(request))
    traceparent = read_traceparent(request.headers.get("traceparent"))
    envelope = Envelope(received_at=datetime.now(UTC), traceparent=traceparent)
    body, form = await whole_body(request), _media_type(request.headers.get("content-type"))
    opened = Opened(request, key, None, envelope.received_at)
    if form == _BATCH:
        await take_batch(opened, parse(body), envelope, read_event)
    elif form == _STRUCTURED:
        await take_one(opened, as_object(parse(body)), envelope, read_event)
    elif "ce-specversion" in request.headers and not form.startswith("application/cloudevents"):
        await take_one(opened, _binary(request.headers, form, body), envelope, read_event)
    else:
        expected = f"send '{_STRUCTURED}', '{_BATCH}', or any other content with ce-specversion in its headers"
        raise Refused(415, "unsupported_media_type", expected)


async def _shake_hands(request: Request) -> Response:
    """Agree to what asks to send here. Whether it may, its write key decides with each event."""
    origin = request.headers.get("webhook-request-origin")
    headers = {"Allow": "OPTIONS, POST"}
    if origin:
        headers |= {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"}
    return Response(status_code=200, headers=headers)


router.add_api_route("/v1/cloudevents", answering(_take), methods=["POST"])
router.add_api_route("/v1/cloudevents", _shake_hands, methods=["OPTIONS"])


def read_event(raw: Any, envelope: Envelope) -> Incoming:
    """The event in a CloudEvent's attributes and data, as its JSON format has them. Raises Malformed."""
    if not isinstance(raw, dict):
        raise Malformed("", "a CloudEvent must be a JSON object")
    event = cast(dict[str, Any], raw)
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            raise Malformed(name, "a CloudEvent needs it, as text")
    if event["specversion"] != "1.0":
        raise Malformed("specversion", f"must be 1.0, this one has {event['specversion']}")
    properties = _properties(event)
    own_trace = read_traceparent(str(event.get("traceparent", "")))
    item = {
        "type": "track",
        "event": event["type"],
        "messageId": _unique(event["source"], event["id"]),
        "timestamp": event.get("time"),
        "properties": properties,
        **_ids(event, properties),
    }
    return read_item(item, replace(envelope, traceparent=own_trace or envelope.traceparent))


def _binary(headers: Mapping[str, str], form: str, body: bytes) -> dict[str, Any]:
    """A CloudEvent whose attributes are headers and whose data is the body, as the JSON format would have it."""
    attributes: dict[str, Any] = {
        name.removeprefix(_PREFIX): unquote(value) for name, value in headers.items() if name.startswith(_PREFIX)
    }
    if not body:
        return attributes
    if form == "application/json" or form.endswith("+json"):
        return {**attributes, "data": parse(body)}
    return {**attributes, "datacontenttype": form, "data_base64": base64.b64encode(body).decode()}


def _properties(event: Mapping[str, Any]) -> dict[str, Any]:
    """The data as properties; data that is no object is the property `data`. Raises Malformed."""
    data = event.get("data")
    if data is None and "data_base64" in event:
        data = _unpacked(event["data_base64"], _media_type(event.get("datacontenttype")))
    if isinstance(data, dict):
        return cast(dict[str, Any], data)
    return {} if data is None else {"data": data}


def _unpacked(encoded: object, form: str) -> object:
    """Binary data as what it says it is: JSON, which is also what data is that says nothing, or text. What is
    neither stays base64. Raises Malformed."""
    try:
        data = base64.b64decode(str(encoded), validate=True)
    except binascii.Error as error:
        raise Malformed("data_base64", "must be base64") from error
    try:
        return from_json(data, allow_inf_nan=False) if form in ("", "application/json") else data.decode()
    except ValueError:
        return encoded


def _ids(event: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        "userId": event.get("userid") or properties.get("userId"),
        "anonymousId": event.get("anonymousid") or properties.get("anonymousId"),
    }
    return named if any(named.values()) else {"userId": event.get("subject")}


def _unique(source: str, event_id: str) -> str:
    return "ce_" + hashlib.sha256(f"{source}\n{event_id}".encode()).hexdigest()[:32]


def _media_type(header: object) -> str:
    return str(header or "").partition(";")[0].strip().lower()
