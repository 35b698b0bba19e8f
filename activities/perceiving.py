"""What runs see of their customer and leave with them."""

from temporalio import activity

from activities.notes import write_down
from deciding.sight import seen_of
from journeys.events import ATTRIBUTES_SET, Event
from journeys.ids import delivery_key
from store.customers import find_customer, merge_traits
from store.database import Database
from store.requests import tell
from store.segments import look_soon
from workflows.ports import CustomerView, PerceiveRequest, SetRequest


class Perceiving:
    """The activities that look at the customer, and those that leave something with them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def perceive(self, request: PerceiveRequest) -> CustomerView:
        """Look at what is asked for of the customer as they are now. One who is gone has no attributes."""
        async with self._database.reading() as session:
            customer = await find_customer(session, request.customer_id)
            if customer is None:
                return CustomerView(attributes={}, time_zone=None)
            seen = await seen_of(session, customer, request.asked, request.now)
        return CustomerView(attributes=seen, time_zone=customer.time_zone)

    @activity.defn
    async def set_attributes(self, request: SetRequest) -> None:
        """Set lasting attributes of the customer, and accept the event that says so, which may make them one of
        a segment. Safe to retry."""
        event = _attributes_set(request)
        async with self._database.transaction() as session:
            await write_down(session, request.run, request.notes)
            if await merge_traits(session, request.run.customer_id, request.attributes):
                await tell(session, request.run.customer_id, event)
                await look_soon(session, [request.run.customer_id], request.now)


def _attributes_set(request: SetRequest) -> Event:
    run = request.run
    event_id = f"set_{delivery_key(run.workflow_id, run.first_run_id, request.step_id, request.pass_)}"
    return Event(id=event_id, name=ATTRIBUTES_SET, at=request.now, properties=request.attributes)
