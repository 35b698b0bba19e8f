"""The door for the shop's own app and site: what to show a customer there, and what they did with it.

A browser calls it from the shop's pages, so everything fits a plain request without a preflight: the write key
and the customer's id stand in the query, and a report has no body.
"""

from datetime import UTC, datetime
from typing import Any, cast, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from journeys.ids import event_traceparent
from starter.ingestion.acceptance import Ingestion, ingestion_of
from starter.ingestion.incoming import Incoming, Who
from starter.ingestion.pressure import NotAccepted
from starter.recipients.asking import Refused, answer, customer_of, who_asks
from starter.services import Services, services_of
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


@router.get("/v1/surfaces/{surface}")
async def show(surface: str, request: Request) -> Response:
    """The live messages of one customer on one surface, newest first."""
    services = services_of(request)
    try:
        if surface not in _SURFACES:
            raise Refused(404, "unknown_surface", f"there are: {', '.join(_SURFACES)}")
        customer_id = await customer_of(services, await who_asks(request, services, _secret(services, surface)))
    except Refused as refused:
        return refused.answer
    if customer_id is None:
        return answer({"messages": []})
    async with services.database.reading() as session:
        messages = await live_messages(session, customer_id, surface, datetime.now(UTC))
    return answer({"messages": [_shown(message) for message in messages[:_MOST_SHOWN]]})


@router.post("/v1/surfaces/messages/{message_id}/{report}")
async def tell(message_id: str, report: str, request: Request) -> Response:
    """Take in what a customer did with a message. Told again it changes nothing."""
    services = services_of(request)
    try:
        if report not in get_args(Report):
            raise Refused(404, "unknown_report", f"there are: {', '.join(get_args(Report))}")
        message = await _own_message(request, services, message_id)
    except Refused as refused:
        return refused.answer
    try:
        await _keep(services, ingestion_of(request), message, cast(Report, report))
    except NotAccepted as error:
        again = {"Retry-After": str(error.retry_after)}
        return answer({"code": "unavailable", "message": str(error)}, 503, again)
    return answer({"success": True})


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
    """The message, if it is for the customer who tells of it. Raises Refused."""
    async with services.database.reading() as session:
        message = await find_message(session, message_id)
    surface = message.surface if message else ""
    who = await who_asks(request, services, _secret(services, surface))
    if message is None or await customer_of(services, who) != message.customer_id:
        raise Refused(404, "unknown_message", "this customer has no such message")
    return message


def _secret(services: Services, surface: str) -> str:
    return str(services.project.channels.get(surface, {}).get("identity_secret", ""))


def _shown(message: SurfaceMessage) -> dict[str, Any]:
    return {
        **message.content,
        "id": message.id,
        "placed_at": message.placed_at,
        "valid_until": message.valid_until,
        "seen": message.seen_at is not None,
    }
