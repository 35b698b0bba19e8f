"""The events that pass between a run and the one it asks for. Each is accepted once, however often it is told."""

from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.events import JOURNEY_CALLED_OFF, JOURNEY_ENDED, Event
from journeys.ids import event_traceparent
from journeys.requests import EndedRun, end_properties, waited_for
from store.customers import lock_customer
from store.events import NewEvent, accepted_among, add_events


async def tell(session: AsyncSession, customer_id: str, event: Event) -> None:
    """Accept an event that Sojourn itself brings about, unless it was accepted before. Of a customer who was
    merged it is one of whom they turned out to be; one who is gone has none."""
    customer = await lock_customer(session, customer_id)
    if customer is None or await accepted_among(session, [event.id]):
        return
    new = NewEvent(
        id=event.id,
        customer_id=customer.id,
        name=event.name,
        properties=event.properties,
        occurred_at=event.at,
        received_at=datetime.now(UTC),
        traceparent=event.traceparent or event_traceparent(event.id),
    )
    await add_events(session, [new])


async def tell_end(
    session: AsyncSession, customer_id: str, request: Event, ended: EndedRun, at: datetime, traceparent: str = ""
) -> None:
    """Tell the run that waits for it how the run that `request` asked for ended, at `at` in UTC. Nothing is told
    when no run asked, or none waits."""
    if waited_for(request):
        properties = end_properties(request, ended)
        event_id = f"{request.id}_ended"
        event = Event(id=event_id, name=JOURNEY_ENDED, at=at, properties=properties, traceparent=traceparent)
        await tell(session, customer_id, event)


async def call_off(
    session: AsyncSession, customer_id: str, request_id: str, journey: str, reason: str, at: datetime
) -> None:
    """End the run that a request asked for, or will begin, for the reason given; `at` is UTC."""
    properties = {"journey": journey, "request": request_id, "reason": reason}
    event = Event(id=f"{request_id}_called_off", name=JOURNEY_CALLED_OFF, at=at, properties=properties)
    await tell(session, customer_id, event)
