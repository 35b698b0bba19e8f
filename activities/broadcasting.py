"""Asks customers to start a scheduled journey: a page of them at a time, by an event for each."""

from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from journeys.conditions import holds
from journeys.events import JOURNEY_REQUESTED, Event
from journeys.features import asked_of
from journeys.ids import broadcast_event_id, event_traceparent
from learning.features.document import Features
from learning.features.sight import asks_for_features, see
from store.customers import next_customers, scope_of
from store.database import Database
from store.events import NewEvent, accepted_among, add_events
from store.features import feature_rows, parameters, with_messages
from store.outbox import backlog
from store.tables import Customer
from workflows.ports import BroadcastPage, BroadcastRequest

PAGE = 500
"""Customers who are looked at in one transaction."""
ROOM = 2_000
"""Events that may be on their way to Temporal before a broadcast waits: what customers do now comes after them."""


class Broadcasting:
    """The activity that asks."""

    def __init__(self, database: Database, page: int = PAGE, room: int = ROOM) -> None:
        self._database = database
        self._page = page
        self._room = room

    @activity.defn
    async def broadcast(self, request: BroadcastRequest) -> BroadcastPage:
        """Ask the next page of customers. Safe to retry: nobody is asked twice for the same moment."""
        async with self._database.transaction() as session:
            if await backlog(session, self._room) >= self._room:
                return BroadcastPage(asked=0, after=request.after, crowded=True)
            customers = await next_customers(session, request.after, self._page)
            asked = asked_of([request.where])
            asks = asks_for_features(asked)
            rows = await feature_rows(session, [c.id for c in customers]) if asks else {}
            fits = {"fits": await parameters(session)} if asks else {}
            known = {customer_id: {**row.document, **fits} for customer_id, row in rows.items()}
            documents = await with_messages(session, known, asked)
            wanted = [_request_for(request, customer, documents.get(customer.id, {})) for customer in customers]
            events = [event for event in wanted if event is not None]
            await _add_new(session, events)
        last = customers[-1].id if len(customers) == self._page else None
        return BroadcastPage(asked=len(events), after=last, crowded=False)


def _request_for(request: BroadcastRequest, customer: Customer, features: Features) -> NewEvent | None:
    """The event that asks for a customer's run; None when the journey does not concern them."""
    event_id = broadcast_event_id(request.journey, request.scheduled_at, customer.id)
    properties = {"journey": request.journey, "scheduled_at": request.scheduled_at.isoformat()}
    event = Event(id=event_id, name=JOURNEY_REQUESTED, at=request.scheduled_at, properties=properties)
    scope = {
        "customer": see(scope_of(customer), features, request.scheduled_at, asked_of([request.where])),
        "event": event.scope(),
        "start": event.scope(),
        "now": request.scheduled_at,
    }
    if not holds(request.where, scope):
        return None
    return NewEvent(
        id=event_id,
        customer_id=customer.id,
        name=event.name,
        properties=properties,
        occurred_at=request.scheduled_at,
        received_at=datetime.now(UTC),
        traceparent=event_traceparent(event_id),
    )


async def _add_new(session: AsyncSession, events: list[NewEvent]) -> None:
    """Keep those of the events that an earlier attempt has not kept."""
    known = await accepted_among(session, [event.id for event in events])
    await add_events(session, [event for event in events if event.id not in known])
