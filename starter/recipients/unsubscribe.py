"""Unsubscribe links: one click from the mail program (RFC 8058), or one on a small page for people.

The token in the link is signed, names one customer and one channel, and allows nothing else.
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
from store.consents import has_withdrawn

router = door("unsubscribe")


@router.get("/u/{token}")
async def confirm(token: str, services: Shared) -> HTMLResponse:
    """Ask before anything happens: mail scanners follow links."""
    customer_id, channel = LinkSigner(services.secret).read_unsubscribe(token)
    return _show(services, "unsubscribe.html", "Unsubscribe?", customer_id, channel)


@router.post("/u/{token}")
async def unsubscribe(token: str, services: Shared, events: EventsIn) -> HTMLResponse:
    """Withdraw consent for the channel of the link. Doing it again changes nothing.

    The form that RFC 8058 posts says nothing that the token does not, and is not read.
    """
    customer_id, channel = LinkSigner(services.secret).read_unsubscribe(token)
    await _withdraw(services, events, customer_id, channel)
    return _show(services, "unsubscribed.html", "You are unsubscribed", customer_id, channel)


async def _withdraw(services: Services, events: EventsIn, customer_id: str, channel: str) -> None:
    async with services.database.reading() as session:
        if await has_withdrawn(session, customer_id, channel, "marketing"):
            return
    # Not derived from the token: whoever subscribes again may use the same old link again.
    event_id, now = f"unsubscribe_{secrets.token_hex(16)}", datetime.now(UTC)
    who = Who(customer_id=customer_id)
    await events.accept([wish(event_id, who, channel, "marketing", now, "unsubscribe link", granted=False)])


def _show(services: Services, template: str, title: str, customer_id: str, channel: str) -> HTMLResponse:
    preferences = f"/p/{LinkSigner(services.secret).preferences_token(customer_id)}"
    return show(services, template, title=title, channel=channel_name(channel), preferences_url=preferences)
