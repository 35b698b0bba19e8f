"""Global Privacy Control: a browser that asks every site neither to sell or share its person's data nor to track
them. https://www.w3.org/TR/gpc/"""

from dataclasses import replace

from starlette.requests import Request

from starter.ingestion.incoming import Incoming

TRAIT = "gpc"
"""By which tracking and the policy `objection` go: it holds for the customer and not for this device alone."""


def asks_for_privacy(request: Request) -> bool:
    """Whether the browser that sent this asks for it."""
    return request.headers.get("sec-gpc") == "1"


def with_signal(event: Incoming, request: Request) -> Incoming:
    """The event, which says that its customer's data is not to be shared if the browser that sent it says so."""
    if not asks_for_privacy(request):
        return event
    return replace(event, profile=replace(event.profile, traits={**event.profile.traits, TRAIT: True}))
