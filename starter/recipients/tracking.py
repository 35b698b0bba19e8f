"""The links and the pixel in mails: a click leads on whatever happens, and is an event where it may be one.

The address that a link leads to stands in its signed token, so nobody can make one that leads elsewhere.
"""

import base64
import hashlib
import logging
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from content.links import InvalidLink, LinkSigner
from starter.ingestion.acceptance import EventsIn
from starter.ingestion.incoming import Who
from starter.ingestion.pressure import NotAccepted
from starter.ingestion.privacy_signal import asks_for_privacy
from starter.recipients.happenings import happening
from starter.recipients.machines import is_machine
from starter.recipients.pages import door
from starter.services import Services, Shared
from store.customers import find_customer
from store.ledger import find_delivery

router = door("click")

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_NOT_KEPT = {"Cache-Control": "no-store, private"}
_ON_OUR_WAY = ("GET", "HEAD")

_log = logging.getLogger(__name__)


@router.api_route("/c/{token}", methods=list(_ON_OUR_WAY))
async def click(token: str, request: Request, services: Shared, events: EventsIn) -> Response:
    """Lead on to the address in the link. The first click of each kind on each link is an event, which says in
    which slot it stood, if it did, by the names of Segment's specification for promotions."""
    link = LinkSigner(services.secret).read_click(token)
    in_slot = {"position": link.slot, "promotion_id": link.content, "decision_id": link.decision}
    details = {"url": link.url, **{name: value for name, value in in_slot.items() if value}}
    await _note(services, events, request, link.delivery_id, "clicked", details)
    return RedirectResponse(link.url, 302, _NOT_KEPT)


@router.api_route("/o/{token}.gif", methods=list(_ON_OUR_WAY))
async def look(token: str, request: Request, services: Shared, events: EventsIn) -> Response:
    """Give the pixel. The first time, by a person and by a machine, is an event."""
    try:
        delivery_id = LinkSigner(services.secret).read_open(token)
    except InvalidLink as error:
        await services.attempts.refused("pixel", str(error), request=request)
        return Response(status_code=404)
    await _note(services, events, request, delivery_id, "opened", {})
    return Response(_PIXEL, headers=_NOT_KEPT, media_type="image/gif")


async def _note(
    services: Services, events: EventsIn, request: Request, delivery_id: str, told: str, details: dict[str, Any]
) -> None:
    """Accept what happened as an event. Whoever clicks is led on even when it cannot be kept."""
    now = datetime.now(UTC)
    async with services.database.reading() as session:
        delivery = await find_delivery(session, delivery_id)
        customer = delivery and await find_customer(session, delivery.customer_id)
    # A message shown to an approver has not left, and the customer may have said no since it did.
    if delivery is None or customer is None or not services.project.tracking.allows(customer.traits):
        return
    if asks_for_privacy(request):
        return
    machine = is_machine(request.method, request.headers, now - (delivery.sent_at or delivery.reserved_at))
    marked = {**details, **({"machine": True} if machine else {})}
    what = hashlib.sha256(f"{delivery_id}\n{machine}\n{details}".encode()).hexdigest()[:32]
    event = happening(
        f"{told}_{what}", told, delivery.channel, Who(customer_id=customer.id), now, delivery, marked
    )
    try:
        await events.accept([event])
    except NotAccepted as error:
        _log.warning("a link was followed and could not be counted: %s", error)
