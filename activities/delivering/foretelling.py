"""Foretells what every policy would say of a message now: gathered and judged as a send is, and never sent."""

from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.delivering.composing import Composer, Errand
from activities.delivering.draft import Draft
from activities.delivering.facts import Case
from activities.delivering.guard import Guard
from activities.delivering.standing import Foretold
from journeys.events import Event
from journeys.ids import delivery_key
from journeys.interrupts import InterruptRules
from journeys.model import Journey
from journeys.steps import Send
from store.customers import find_customer
from store.database import Database
from store.events import as_event
from store.tables import Customer, EventRecord
from workflows.conduct import terms_of
from workflows.ports import DeliverRequest, Denied, Rejected, RunRef


class NobodyThere(Exception):
    """There is no such customer, or they were erased."""


class Foretelling:
    """Foretells for the journeys of one project."""

    def __init__(self, database: Database, composer: Composer, guard: Guard) -> None:
        self._database = database
        self._composer = composer
        self._guard = guard

    async def foretell(
        self,
        customer_id: str,
        journey: Journey,
        step: Send,
        channel: str,
        now: datetime,
        confidence: float | None = None,
    ) -> Foretold | Denied | Rejected:
        """What every policy would say of a step's message over one channel at `now` (UTC), as long as nobody has
        approved it, and whether a standing grant would; or why no message could be made. `confidence` is the
        probability with which a planner would have chosen it.

        Nothing is written. Raises NobodyThere.
        """
        async with self._database.reading() as session:
            customer, start = await beginning(session, customer_id, journey, now)
            request = _request(customer, journey, step, channel, now, start, confidence)
            delivery_id = delivery_key(request.run.workflow_id, request.run.first_run_id, step.id, 0)
            draft = await self._composer.compose(session, Errand(request, channel, customer, delivery_id), now)
            if not isinstance(draft, Draft):
                return draft
            case = Case(request, draft, delivery_id, now)
            judged = await self._guard.foretell(session, case)
            return Foretold(judged, await self._guard.standing(session, case, judged))


async def beginning(
    session: AsyncSession, customer_id: str, journey: Journey, now: datetime
) -> tuple[Customer, Event]:
    """Whom a run of a journey would be about, and what would have started it: the customer's last event of the
    journey's kind, or one with nothing in it a minute before `now`. Raises NobodyThere."""
    customer = await find_customer(session, customer_id)
    if customer is None or customer.erased_at is not None:
        raise NobodyThere(customer_id)
    events = select(EventRecord).where(
        col(EventRecord.customer_id) == customer.id, col(EventRecord.name) == journey.start.event
    )
    last = (await session.exec(events.order_by(col(EventRecord.seq).desc()).limit(1))).first()
    return customer, (
        as_event(last) if last else Event(id="", name=journey.start.event or "", at=now - timedelta(minutes=1))
    )


def nobodys_run(journey: Journey, customer: Customer) -> RunRef:
    """A run that there is not."""
    return RunRef(
        workflow_id="",
        first_run_id="",
        journey=journey.journey,
        version=journey.version,
        customer_id=customer.id,
    )


def _request(
    customer: Customer, journey: Journey, step: Send, channel: str, now: datetime, start: Event,
    confidence: float | None,
) -> DeliverRequest:  # fmt: skip
    return DeliverRequest(
        run=nobodys_run(journey, customer),
        step_id=step.id,
        pass_=0,
        now=now,
        channels=(channel,),
        content=step.content,
        purpose=step.purpose,
        offer=step.offer,
        approval=terms_of(journey, step.approval),
        policies=journey.own_policies(),
        priority=journey.priority,
        start=start,
        interrupts=InterruptRules.of(journey),
        facts={},
        confidence=confidence,
    )
