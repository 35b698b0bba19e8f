"""The door for surfaces that are put together from slots: what stands in each for a customer, and what they did
with it. Who is not known, or asked not to be, gets what is for everyone.

As with messages, everything fits a plain request without a preflight.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from fastapi import APIRouter
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from content.filling import Assembled, Part
from content.library import Library
from content.links import InvalidLink, LinkSigner
from deciding.sight import seen_of
from deciding.slots import Occasion, SlotChoices
from journeys.ids import event_traceparent
from learning.products import FEWEST
from starter.contents.assembling import surface_context
from starter.ingestion.acceptance import ingestion_of
from starter.ingestion.incoming import Incoming, Who
from starter.ingestion.pressure import NotAccepted
from starter.ingestion.privacy_signal import asks_for_privacy
from starter.recipients.asking import Refused, answer, customer_of, who_asks
from starter.services import Services, services_of
from store.customers import find_customer, lock_customer, scope_of
from store.tables import Customer

router = APIRouter(tags=["surfaces"])

Report = Literal["seen", "clicked"]
EVENTS: dict[Report, str] = {"seen": "Promotion Viewed", "clicked": "Promotion Clicked"}
"""The events that reports become: those of Segment's e-commerce specification."""


@router.get("/v1/slots/{surface}")
async def show(surface: str, request: Request, locale: str = "") -> Response:
    """What stands in each slot of a surface for whoever looks at it, and why. `locale` is the page's language."""
    services = services_of(request)
    library = services.library
    try:
        if library is None or surface not in library.surfaces:
            known = ", ".join(library.surfaces) if library else ""
            raise Refused(404, "unknown_surface", f"surfaces.yaml declares: {known or 'none'}")
        who = await who_asks(request, services, _secret(services))
        customer = None if asks_for_privacy(request) else await _customer(services, who, library)
    except Refused as refused:
        return refused.answer
    async with services.database.reading() as session:
        news = await services.catalogue_watch.news(session, FEWEST)
    if news:
        library.catalogue.renew(news.products, news.together, news.trending)
    page = _Page(services, library, surface, locale)
    assembled = await page.of(customer) if customer else page.for_everyone()
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
        await services.attempts.refused("slots", str(error), request=request)
        return answer({"code": "unknown_token", "message": str(error)}, 404)
    except Refused as refused:
        return refused.answer
    if asks_for_privacy(request):
        return answer({"success": True})
    try:
        await ingestion_of(request).accept([_event(token, cast(Report, report), who, shown)])
    except NotAccepted as error:
        again = {"Retry-After": str(error.retry_after)}
        return answer({"code": "unavailable", "message": str(error)}, 503, again)
    return answer({"success": True})


async def _customer(services: Services, who: Who, library: Library) -> Customer | None:
    """Who looks; None for someone who is not known, or who objected to what is made for them. Raises Refused."""
    customer_id = await customer_of(services, who) if who.known_as else None
    if customer_id is None:
        return None
    async with services.database.reading() as session:
        customer = await find_customer(session, customer_id)
    return None if customer and library.leaves_alone(scope_of(customer)) else customer


@dataclass(frozen=True)
class _Page:
    """A surface of the site, as it is put together at one moment. `locale` is the page's language."""

    services: Services
    library: Library
    surface: str
    locale: str

    def for_everyone(self) -> Assembled:
        """As it is for whoever is not known: nobody chooses for them, and nothing is kept of them."""
        services, links = self.services, LinkSigner(self.services.secret)
        context = surface_context(services.project, None, self.locale, datetime.now(UTC), url_key=links.url_key)
        return self.library.assemble(self.surface, context)

    async def of(self, customer: Customer) -> Assembled:
        """As it is for a customer. What a planner chooses for them is kept in the logs."""
        now, database = datetime.now(UTC), self.services.database
        async with database.reading() as session:
            assembled, choices = await self._filled(session, customer, now)
        if not choices.is_news(assembled.assembly.picks):
            return assembled
        async with database.transaction() as session:
            # Of two pages that are opened at once the second one finds what the first one's planner chose.
            if await lock_customer(session, customer.id) is None:
                return self.for_everyone()
            assembled, choices = await self._filled(session, customer, now)
            choices.keep(session, customer.id, assembled.assembly.picks)
        return assembled

    async def _filled(
        self, session: AsyncSession, customer: Customer, now: datetime
    ) -> tuple[Assembled, SlotChoices]:
        services, links = self.services, LinkSigner(self.services.secret)
        declared = self.library.surfaces[self.surface]
        seen = await seen_of(session, customer, self.library.asks(self.surface), now)
        held_out = self.library.held_out(customer.id)
        occasion = Occasion.on_page(self.surface, customer.id, held_out)
        choices = await services.slot_planning.look(session, declared, occasion, seen, now)
        context = surface_context(
            services.project,
            None if held_out else customer,
            self.locale,
            now,
            seen=None if held_out else seen,
            choose=choices,
            preferences_url=f"{services.settings.public_url}/p/{links.preferences_token(customer.id)}",
            url_key=links.url_key,
        )
        return self.library.assemble(self.surface, context), choices


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
        **({"decision_id": part.pick.decision} if part.pick.decision else {}),
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


def _secret(services: Services) -> str:
    """The secret that proves user ids on the project's site, if one of its surfaces has one."""
    settings = services.project.channels.values()
    return next((str(each["identity_secret"]) for each in settings if each.get("identity_secret")), "")
