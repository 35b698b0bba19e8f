"""Links by which somebody confirms that they want to hear from us: the second half of a double opt-in.

The token in the link is signed, names one customer and one channel, and allows nothing else. Whoever follows it
has read what was sent to the address, so the consent is the owner's.
"""

import secrets
from datetime import UTC, datetime

from starlette.responses import HTMLResponse

from content.links import LinkSigner
from starter.ingestion.acceptance import EventsIn
from starter.ingestion.incoming import Who
from starter.recipients.happenings import wish
from starter.recipients.pages import channel_name, door, show
from starter.services import Services, Shared
from store.consents import has_confirmed

router = door("confirmation")


@router.get("/s/{token}")
async def ask(token: str, services: Shared) -> HTMLResponse:
    """Ask before anything happens: mail scanners follow links, and confirm nothing."""
    _, channel = LinkSigner(services.secret).read_confirm(token)
    return show(services, "confirm.html", title="Shall we write to you?", channel=channel_name(channel))


@router.post("/s/{token}")
async def confirm(token: str, services: Shared, events: EventsIn) -> HTMLResponse:
    """Give the consent, confirmed. Doing it again changes nothing."""
    customer_id, channel = LinkSigner(services.secret).read_confirm(token)
    await _give(services, events, customer_id, channel)
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
