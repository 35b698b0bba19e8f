"""Heeds Global Privacy Control where a customer's own link says who is asking."""

import logging
import secrets
from datetime import UTC, datetime

from starlette.requests import Request

from journeys.ids import event_traceparent
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import Incoming, Profile, Who
from starter.ingestion.items import IDENTIFIED
from starter.ingestion.pressure import NotAccepted
from starter.ingestion.privacy_signal import TRAIT, asks_for_privacy
from starter.services import Services
from store.customers import find_customer

_log = logging.getLogger(__name__)


async def heed_signal(services: Services, events: Ingestion, request: Request, customer_id: str) -> bool:
    """Whether the customer is opted out of sharing because this browser or another of theirs asked for it.

    What this browser says is kept first: a page that shows the signal as processed (11 CCR 7025(c)(6)) is right.
    """
    async with services.database.reading() as session:
        customer = await find_customer(session, customer_id)
    if customer is None or customer.erased_at is not None:
        return False
    if customer.traits.get(TRAIT) is True:
        return True
    if not asks_for_privacy(request):
        return False
    try:
        await events.accept([_told_by(customer.id)])
    except NotAccepted as error:
        # The browser says it again with every request.
        _log.warning("a browser asked for privacy and it could not be kept: %s", error)
        return False
    return True


def _told_by(customer_id: str) -> Incoming:
    # New each time: what a person took back since may be said again.
    event_id, traits = f"gpc_{secrets.token_hex(16)}", {TRAIT: True}
    return Incoming(
        id=event_id,
        name=IDENTIFIED,
        who=Who(customer_id=customer_id),
        at=datetime.now(UTC),
        properties=traits,
        profile=Profile(traits=traits),
        traceparent=event_traceparent(event_id),
    )
