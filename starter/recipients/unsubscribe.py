"""Unsubscribe links: one click from the mail program (RFC 8058), or one on a small page for people.

The token in the link is signed, names one customer and one channel, and allows nothing else.
"""

import secrets
from datetime import UTC, datetime
from html import escape

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from content.links import InvalidLink, LinkSigner
from journeys.events import OPT_OUT
from journeys.ids import event_traceparent
from starter.ingestion.acceptance import EventsIn
from starter.ingestion.incoming import Incoming, Who
from starter.ingestion.pressure import NotAccepted
from starter.ingestion.profile import read_profile
from starter.services import Services, Shared
from store.consents import has_withdrawn

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body><main><h1>{title}</h1>{body}</main></body>
</html>"""
_FORM = """<p>{brand} will not write to you by {channel} any more.</p>
<form method="post"><button>Unsubscribe</button></form>"""


@router.get("/u/{token}")
async def confirm(token: str, services: Shared) -> HTMLResponse:
    """Ask before anything happens: mail scanners follow links."""
    try:
        _, channel = LinkSigner(services.secret).read_unsubscribe(token)
    except InvalidLink as error:
        return _not_ours(error)
    form = _FORM.format(brand=escape(services.project.brand.name), channel=escape(channel))
    return _page("Unsubscribe?", form)


@router.post("/u/{token}")
async def unsubscribe(token: str, services: Shared, events: EventsIn) -> HTMLResponse:
    """Withdraw consent for the channel of the link. Doing it again changes nothing.

    The form that RFC 8058 posts says nothing that the token does not, and is not read.
    """
    try:
        customer_id, channel = LinkSigner(services.secret).read_unsubscribe(token)
    except InvalidLink as error:
        return _not_ours(error)
    try:
        await _withdraw(services, events, customer_id, channel)
    except NotAccepted as error:
        again = {"Retry-After": str(error.retry_after)}
        return _page("Please try again", "<p>We could not save this just now.</p>", 503, again)
    brand = escape(services.project.brand.name)
    return _page("You are unsubscribed", f"<p>{brand} will not write to you by {escape(channel)} any more.</p>")


async def _withdraw(services: Services, events: EventsIn, customer_id: str, channel: str) -> None:
    async with services.database.reading() as session:
        if await has_withdrawn(session, customer_id, channel, "marketing"):
            return
    # Not derived from the token: whoever subscribes again may use the same old link again.
    event_id = f"unsubscribe_{secrets.token_hex(16)}"
    properties = {"channel": channel, "source": "unsubscribe link"}
    event = Incoming(
        id=event_id,
        name=OPT_OUT,
        who=Who(customer_id=customer_id),
        at=datetime.now(UTC),
        properties=properties,
        profile=read_profile(OPT_OUT, properties, {}, {}),
        traceparent=event_traceparent(event_id),
    )
    await events.accept([event])


def _not_ours(error: InvalidLink) -> HTMLResponse:
    return _page(
        "This link does not work", f"<p>Sorry: {escape(str(error))}. Use the link as it is in the mail.</p>", 404
    )


def _page(title: str, body: str, status: int = 200, headers: dict[str, str] | None = None) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=title, body=body), status, headers)
