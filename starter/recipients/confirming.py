"""Links by which somebody confirms that they want to hear from us: the second half of a double opt-in.

The token in the link is signed, names one customer and one channel, and allows nothing else. Whoever follows it
has read what was sent to the address, so the consent is the owner's.
"""

import secrets
from datetime import UTC, datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from content.links import InvalidLink, LinkSigner
from starter.ingestion.acceptance import EventsIn
from starter.ingestion.incoming import Who
from starter.ingestion.pressure import NotAccepted
from starter.recipients.happenings import wish
from starter.recipients.pages import channel_name, not_ours, not_saved, show
from starter.services import Services, Shared
from store.consents import has_confirmed

router = APIRouter(include_in_schema=False)


@router.get("/s/{token}")
async def ask(token: str, request: Request, services: Shared) -> HTMLResponse:
    """Ask before anything happens: mail scanners follow links, and confirm nothing."""
    try:
        _, channel = LinkSigner(services.secret).read_confirm(token)
    except InvalidLink as error:
        return await not_ours(services, "confirmation", error, request)
    return show(services, "confirm.html", title="Shall we write to you?", channel=channel_name(channel))


@router.post("/s/{token}")
async def confirm(token: str, request: Request, services: Shared, events: EventsIn) -> HTMLResponse:
    """Give the consent, confirmed. Doing it again changes nothing."""
    try:
        customer_id, channel = LinkSigner(services.secret).read_confirm(token)
    except InvalidLink as error:
        return await not_ours(services, "confirmation", error, request)
    try:
        await _give(services, events, customer_id, channel)
    except NotAccepted as error:
        return not_saved(services, error)
    preferences = f"/p/{LinkSigner(services.secret).preferences_token(customer_id)}"
    title, name = "Thank you", channel_name(channel)
    return show(services, "confirmed.html", title=title, channel=name, preferences_url=preferences)


async def _give(services: Services, events: EventsIn, customer_id: str, channel: str) -> None:
    async with services.database.reading() as session:
        if await has_confirmed(session, customer_id, channel, "marketing"):
            return
    # Not derived from the token: whoever withdrew may use the same old link again.
    event_id, who = f"confirmation_{secrets.token_hex(16)}", Who(customer_id=customer_id)
    source, now = "confirmation link", datetime.now(UTC)
    await events.accept([wish(event_id, who, channel, "marketing", now, source, granted=True, confirmed=True)])
