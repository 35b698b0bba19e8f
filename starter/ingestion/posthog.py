"""The doors for events in PostHog's shape, as PostHog's clients send: single events and batches.

https://posthog.com/docs/api/capture. A `distinct_id` is a user id, unless the event says that nobody has told who
they are yet; then it is an anonymous one.
"""

from dataclasses import replace
from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from starter.ingestion.answers import Refused, answering
from starter.ingestion.doors import Opened, as_object, open_request, take_batch, take_one
from starter.ingestion.incoming import Incoming
from starter.ingestion.items import Envelope, Malformed, read_facts, read_item, read_sent_at
from starter.ingestion.profile import read_profile

_ACCEPTED = b'{"status":1}'
_NO_FLAGS = b'{"flags":{},"errorsWhileComputingFlags":false}'

_KINDS = {
    "$identify": "identify",
    "$set": "identify",
    "$create_alias": "alias",
    "$groupidentify": "group",
    "$pageview": "page",
    "$screen": "screen",
}
"""PostHog's own events, as the calls of Segment's that mean the same. Any other event is a `track`."""
_SEGMENT_NAMES = {"$current_url": "url", "$pathname": "path", "$referrer": "referrer", "$screen_name": "name"}
_SETTERS = ("$set", "$set_once")

router = APIRouter(tags=["events"])


async def _open(request: Request) -> tuple[Opened, dict[str, Any], Envelope]:
    opened = await open_request(request, key_field="api_key")
    body = as_object(opened.body)
    return opened, body, Envelope(opened.received_at, sent_at=read_sent_at(body.get("sent_at")))


async def _take_batch(request: Request) -> None:
    opened, body, envelope = await _open(request)
    await take_batch(opened, body.get("batch"), envelope, read_event)


async def _take_one(request: Request) -> None:
    opened, body, envelope = await _open(request)
    if "batch" in body:
        await take_batch(opened, body["batch"], envelope, read_event)
    else:
        await take_one(opened, body, envelope, read_event)


async def _tell_no_flags(request: Request) -> Response:
    """Clients ask for feature flags beside sending events; there are none here."""
    try:
        await open_request(request, key_field="api_key")
    except Refused:
        return Response(b'{"code":"unknown_api_key","message":"the api_key is not one of this project"}', 401)
    return Response(_NO_FLAGS, 200, media_type="application/json")


for _path in ("/capture", "/i/v0/e"):
    for _address in (_path, f"{_path}/"):
        router.add_api_route(_address, answering(_take_one, _ACCEPTED), methods=["POST"])
router.add_api_route("/batch/", answering(_take_batch, _ACCEPTED), methods=["POST"])
for _address in ("/flags", "/flags/"):
    router.add_api_route(_address, _tell_no_flags, methods=["POST"])


def read_event(raw: Any, envelope: Envelope) -> Incoming:
    """The event in one of PostHog's. Raises Malformed."""
    if not isinstance(raw, dict):
        raise Malformed("", "an event must be a JSON object")
    given = cast(dict[str, Any], raw)
    properties = read_facts("properties", given.get("properties"))
    kind = _KINDS.get(str(given.get("event")), "track")
    context = {"timezone": properties.get("$timezone"), "locale": properties.get("$browser_language")}
    traits, first_traits = (
        {**read_facts(name, properties.get(name)), **read_facts(name, given.get(name))} for name in _SETTERS
    )
    item = {
        "type": kind,
        "event": given.get("event"),
        "messageId": given.get("uuid"),
        "timestamp": given.get("timestamp"),
        "context": context,
        "traits": traits,
        "properties": _renamed(properties),
        **_ids(kind, properties, given.get("distinct_id") or properties.get("distinct_id")),
        **_group(kind, properties),
    }
    incoming = read_item(item, envelope)
    profile = read_profile(incoming.name, incoming.properties, traits, context)
    return replace(incoming, profile=replace(profile, first_traits=first_traits))


def _ids(kind: str, properties: dict[str, Any], distinct_id: object) -> dict[str, Any]:
    """Whom the event is about, in Segment's words. Raises Malformed."""
    if not distinct_id:
        raise Malformed("distinct_id", "an event needs a distinct_id")
    if kind == "alias":
        return {"userId": properties.get("alias") or distinct_id, "previousId": properties.get("distinct_id")}
    if kind == "identify":
        return {"userId": distinct_id, "anonymousId": properties.get("$anon_distinct_id")}
    if kind == "group" and distinct_id == f"${properties.get('$group_type')}_{properties.get('$group_key')}":
        raise Malformed("distinct_id", "a group is no customer; name the one who belongs to it")
    nobody = properties.get("$is_identified") is False or properties.get("$process_person_profile") is False
    return {"anonymousId" if nobody else "userId": distinct_id}


def _group(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The group that a customer belongs to, and what is known of it."""
    if kind != "group":
        return {}
    known = {**read_facts("$group_set", properties.get("$group_set")), "group_type": properties.get("$group_type")}
    return {"groupId": properties.get("$group_key"), "traits": known}


def _renamed(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties, and beside PostHog's names of what Segment knows too, Segment's."""
    known = {ours: properties[theirs] for theirs, ours in _SEGMENT_NAMES.items() if theirs in properties}
    return {**{key: value for key, value in properties.items() if key not in _SETTERS}, **known}
