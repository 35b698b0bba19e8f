"""The door for the shop's own app and site: what to show a customer there, and what they did with it.

A browser calls it from the shop's pages, so everything fits a plain request without a preflight: the write key
and the customer's id stand in the query, and a report has no body.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any, cast, get_args

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from journeys.ids import event_traceparent
from starter.ingestion.acceptance import Ingestion, ingestion_of
from starter.ingestion.incoming import Incoming, Who
from starter.ingestion.pressure import NotAccepted
from starter.services import Services, services_of
from store.identity import owners_of
from store.surfaces import Report, find_message, live_messages, mark
from store.tables import SurfaceMessage

router = APIRouter(tags=["surfaces"])

EVENTS: dict[Report, str] = {
    "seen": "Message Read",
    "clicked": "Message Link Clicked",
    "dismissed": "Message Dismissed",
}
"""The events that reports become."""

_SURFACES = ("inbox", "banner", "checklist", "tooltip")
_MOST_SHOWN = 50
# The write key is in every page of the shop, so any site may ask as well as the shop's own.
_FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}


class _Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)

    @property
    def answer(self) -> Response:
        return _answer({"code": self.code, "message": str(self)}, self.status)


@router.get("/v1/surfaces/{surface}")
async def show(surface: str, request: Request) -> Response:
    """The live messages of one customer on one surface, newest first."""
    services = services_of(request)
    try:
        if surface not in _SURFACES:
            raise _Refused(404, "unknown_surface", f"there are: {', '.join(_SURFACES)}")
        customer_id = await _customer(request, services, surface)
    except _Refused as refused:
        return refused.answer
    if customer_id is None:
        return _answer({"messages": []})
    async with services.database.reading() as session:
        messages = await live_messages(session, customer_id, surface, datetime.now(UTC))
    return _answer({"messages": [_shown(message) for message in messages[:_MOST_SHOWN]]})


@router.post("/v1/surfaces/messages/{message_id}/{report}")
async def tell(message_id: str, report: str, request: Request) -> Response:
    """Take in what a customer did with a message. Told again it changes nothing."""
    services = services_of(request)
    try:
        if report not in get_args(Report):
            raise _Refused(404, "unknown_report", f"there are: {', '.join(get_args(Report))}")
        message = await _own_message(request, services, message_id)
    except _Refused as refused:
        return refused.answer
    try:
        await _keep(services, ingestion_of(request), message, cast(Report, report))
    except NotAccepted as error:
        again = {"Retry-After": str(error.retry_after)}
        return _answer({"code": "unavailable", "message": str(error)}, 503, again)
    return _answer({"success": True})


async def _keep(services: Services, events: Ingestion, message: SurfaceMessage, report: Report) -> None:
    """The event first: a report that is cut off in between is told again, and counts once by its id."""
    now, event_id = datetime.now(UTC), f"surface_{message.id}_{report}"
    event = Incoming(
        id=event_id,
        name=EVENTS[report],
        who=Who(customer_id=message.customer_id),
        at=now,
        properties={"delivery_id": message.id, "channel": message.surface},
        traceparent=event_traceparent(event_id),
    )
    await events.accept([event])
    async with services.database.transaction() as session:
        await mark(session, message.id, report, now)


async def _own_message(request: Request, services: Services, message_id: str) -> SurfaceMessage:
    """The message, if it is for the customer who tells of it. Raises _Refused."""
    async with services.database.reading() as session:
        message = await find_message(session, message_id)
    surface = message.surface if message else ""
    if message is None or await _customer(request, services, surface) != message.customer_id:
        raise _Refused(404, "unknown_message", "this customer has no such message")
    return message


async def _customer(request: Request, services: Services, surface: str) -> str | None:
    """Who asks, or None when nobody is known by that id. Raises _Refused."""
    given = request.query_params
    if services.project.write_key(given.get("writeKey")) is None:
        raise _Refused(401, "unknown_write_key", "the write key is missing or not one of this project")
    who = Who(user_id=given.get("userId", ""), anonymous_id=given.get("anonymousId", ""))
    if not who.known_as:
        raise _Refused(400, "nobody", "userId: a userId or an anonymousId is missing")
    if who.user_id:
        _check_hash(services, surface, who.user_id, given.get("userHash", ""))
    # The stronger id alone: on a device that others use, an anonymous id may be theirs.
    known = who.known_as[0]
    async with services.database.reading() as session:
        return (await owners_of(session, [known])).get(known)


def _check_hash(services: Services, surface: str, user_id: str, given: str) -> None:
    """User ids can be guessed. With an `identity_secret` a page must prove that the shop's server named it."""
    secret = str(services.project.channels.get(surface, {}).get("identity_secret", ""))
    proof = hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()
    if secret and not hmac.compare_digest(proof.encode(), given.encode()):
        raise _Refused(403, "unproven_user", "userHash: it is not this user id's HMAC with the identity secret")


def _shown(message: SurfaceMessage) -> dict[str, Any]:
    return {
        **message.content,
        "id": message.id,
        "placed_at": message.placed_at,
        "valid_until": message.valid_until,
        "seen": message.seen_at is not None,
    }


def _answer(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(to_json(body), status, {**_FROM_ANYWHERE, **(headers or {})}, "application/json")
