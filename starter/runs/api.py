"""The door by which a backend service starts a journey for a customer. Runs by call are events like any other:
durable once answered, and started by the journey's own rules."""

from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request

from journeys.events import JOURNEY_REQUESTED
from journeys.model import Journey
from starter.ingestion.answers import Refused, answering
from starter.ingestion.doors import take_one
from starter.ingestion.items import read_item
from starter.ingestion.segment import open_call
from starter.services import services_of
from yamlfile import nearest

router = APIRouter(tags=["runs"])


async def _take(request: Request) -> None:
    """A call `{"userId" or "anonymousId", "properties", "messageId"}`; the properties are those of `start`."""
    opened, body, envelope = await open_call(request, "runs:write")
    journey = _journey(request)
    properties: object = body.get("properties") or {}
    if isinstance(properties, dict):
        properties = {**cast(dict[str, Any], properties), "journey": journey.journey}
    item = {**body, "type": "track", "event": JOURNEY_REQUESTED, "properties": properties}
    await take_one(opened, item, envelope, read_item)


def _journey(request: Request) -> Journey:
    """The journey that the address names. Raises Refused when there is none, or when calls do not start it."""
    journeys, name = services_of(request).journeys, str(request.path_params["name"])
    journey = journeys.get(name)
    if journey is None:
        fix = nearest(name, list(journeys))
        hint = f"; {fix}" if fix else ""
        raise Refused(404, "unknown_journey", f"there is no journey '{name}'{hint}")
    if not journey.start.api:
        message = f"the journey '{name}' is not started by calls; write 'start: {{api: true}}' to let it"
        raise Refused(409, "not_started_by_calls", message)
    return journey


router.add_api_route("/v1/journeys/{name}/runs", answering(_take), methods=["POST"])
