"""The door for surfaces that are put together from slots: what stands in each for a customer, and what they did
with it. Who is not known, or asked not to be, gets what is for everyone.

As with messages, everything fits a plain request without a preflight.
"""

import hashlib
import json
import secrets
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from content.filling import Assembled, Part
from content.links import InvalidLink, LinkSigner
from content.rendering import RenderContext
from journeys.ids import event_traceparent
from learning.products import FEWEST
from starter.contents.assembling import surface_context
from starter.ingestion.acceptance import ingestion_of
from starter.ingestion.incoming import Incoming, Who
from starter.ingestion.pressure import NotAccepted
from starter.recipients.asking import Refused, answer, customer_of, who_asks
from starter.services import Services, services_of
from store.customers import find_customer
from store.tables import Customer

router = APIRouter(tags=["surfaces"])

Report = Literal["seen", "clicked"]
EVENTS: dict[Report, str] = {"seen": "Promotion Viewed", "clicked": "Promotion Clicked"}
"""The events that reports become: those of Segment's e-commerce specification."""


@router.get("/v1/slots/{surface}")
async def show(surface: str, request: Request, locale: str = "") -> Response:
    """What stands in each slot of a surface for whoever looks at it, and why. `locale` is the page's language."""
    services = services_of(request)
    try:
        if services.library is None or surface not in services.library.surfaces:
            known = ", ".join(services.library.surfaces) if services.library else ""
            raise Refused(404, "unknown_surface", f"surfaces.yaml declares: {known or 'none'}")
        who = await who_asks(request, services, _secret(services))
        customer = None if _asks_for_privacy(request) else await _customer(services, who)
    except Refused as refused:
        return refused.answer
    async with services.database.reading() as session:
        news = await services.catalogue_watch.news(session, FEWEST)
    if news:
        services.library.catalogue.renew(news.products, news.together, news.trending)
    assembled = services.library.assemble(surface, _context(services, customer, locale))
    return answer({"slots": _shown(surface, assembled, LinkSigner(services.secret))})


@router.post("/v1/slots/{token}/{report}")
async def tell(token: str, report: str, request: Request) -> Response:
    """Take in what someone did with what stood in a slot. Told again it changes nothing."""
    services = services_of(request)
    try:
        if report not in get_args(Report):
            raise Refused(404, "unknown_report", f"there are: {', '.join(get_args(Report))}")
        who = await who_asks(request, services, _secret(services))
        if not who.known_as:
            raise Refused(400, "nobody", "userId: a userId or an anonymousId is missing")
        shown = json.loads(LinkSigner(services.secret).read_slot(token))
    except InvalidLink as error:
        return answer({"code": "unknown_token", "message": str(error)}, 404)
    except Refused as refused:
        return refused.answer
    if _asks_for_privacy(request):
        return answer({"success": True})
    try:
        await ingestion_of(request).accept([_event(token, cast(Report, report), who, shown)])
    except NotAccepted as error:
        again = {"Retry-After": str(error.retry_after)}
        return answer({"code": "unavailable", "message": str(error)}, 503, again)
    return answer({"success": True})


async def _customer(services: Services, who: Who) -> Customer | None:
    """Who looks; None for someone who is not known. Raises Refused."""
    customer_id = await customer_of(services, who) if who.known_as else None
    if customer_id is None:
        return None
    async with services.database.reading() as session:
        return await find_customer(session, customer_id)


def _context(services: Services, customer: Customer | None, locale: str) -> RenderContext:
    links, public_url = LinkSigner(services.secret), services.settings.public_url
    return surface_context(
        services.project,
        customer,
        locale,
        datetime.now(UTC),
        preferences_url=f"{public_url}/p/{links.preferences_token(customer.id)}" if customer else "",
        url_key=links.url_key,
    )


def _shown(surface: str, assembled: Assembled, links: LinkSigner) -> dict[str, list[dict[str, Any]]]:
    view, slots = secrets.token_hex(8), dict[str, list[dict[str, Any]]]()
    for part in assembled.parts:
        told = json.dumps({**_about(surface, part), "view": view})
        shown = {**part.fields, "id": links.slot_token(told), "content": part.pick.content, "why": part.pick.why}
        slots.setdefault(part.pick.slot, []).append(shown)
    return slots


def _about(surface: str, part: Part) -> dict[str, str]:
    """What a report tells of a part, by the names of Segment's specification."""
    return {
        "promotion_id": part.pick.content,
        "name": surface,
        "position": part.pick.slot,
        "creative": part.version[:12],
        "why": part.pick.why,
    }


def _event(token: str, report: Report, who: Who, shown: dict[str, str]) -> Incoming:
    event_id = f"slot_{hashlib.sha256(token.encode()).hexdigest()[:32]}_{report}"
    return Incoming(
        id=event_id,
        name=EVENTS[report],
        who=who,
        at=datetime.now(UTC),
        properties={key: value for key, value in shown.items() if key != "view"},
        traceparent=event_traceparent(event_id),
    )


def _asks_for_privacy(request: Request) -> bool:
    """Whether the browser asks every site not to track (Global Privacy Control)."""
    return request.headers.get("sec-gpc") == "1"


def _secret(services: Services) -> str:
    """The secret that proves user ids on the project's site, if one of its surfaces has one."""
    settings = services.project.channels.values()
    return next((str(each["identity_secret"]) for each in settings if each.get("identity_secret")), "")
