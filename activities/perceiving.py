"""What runs see of their customer and leave with them, and the runs that runs start."""

from datetime import UTC, datetime

from temporalio import activity

from activities.notes import write_down
from journeys.events import ATTRIBUTES_SET
from journeys.ids import delivery_key, event_traceparent
from learning.features.sight import asks_for_features, see
from store.customers import find_customer, merge_traits, scope_of
from store.database import Database
from store.events import NewEvent, accepted_among, add_events
from store.features import features_of
from store.runs import add_run, last_run
from store.tables import Run
from workflows.ports import CustomerView, OpenRunRequest, PerceiveRequest, SetRequest


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
            features = await features_of(session, customer.id) if asks_for_features(request.asked) else {}
        seen = see(scope_of(customer), features, request.now, request.asked)
        return CustomerView(attributes=seen, time_zone=customer.time_zone)

    @activity.defn
    async def set_attributes(self, request: SetRequest) -> None:
        """Set lasting attributes of the customer, and accept the event that says so, which may make them one of
        a segment. Safe to retry."""
        event = _attributes_set(request)
        async with self._database.transaction() as session:
            await write_down(session, request.run, request.notes)
            known = await merge_traits(session, request.run.customer_id, request.attributes)
            if known and not await accepted_among(session, [event.id]):
                await add_events(session, [event])

    @activity.defn
    async def open_run(self, request: OpenRunRequest) -> None:
        """Keep a run that another run starts. Safe to retry."""
        async with self._database.transaction() as session:
            last = await last_run(session, [request.workflow_id])
            if last is None or (last.state == "closed" and last.start_seq != request.start_seq):
                run = Run(
                    workflow_id=request.workflow_id,
                    journey=request.journey,
                    version=request.version,
                    customer_id=request.customer_id,
                    start_seq=request.start_seq,
                    state="open",
                    started_at=request.now,
                )
                await add_run(session, run)


def _attributes_set(request: SetRequest) -> NewEvent:
    run = request.run
    event_id = f"set_{delivery_key(run.workflow_id, run.first_run_id, request.step_id, request.pass_)}"
    return NewEvent(
        id=event_id,
        customer_id=run.customer_id,
        name=ATTRIBUTES_SET,
        properties=request.attributes,
        occurred_at=request.now,
        received_at=datetime.now(UTC),
        traceparent=event_traceparent(event_id),
    )
