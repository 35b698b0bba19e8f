"""What became of deliveries, as their outcomes tell. The order in which outcomes arrive does not matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Delivery

RANK = {
    "reserved": 0,
    "retrying": 0,
    "unknown": 1,
    "rejected": 1,
    "sent": 2,
    "delivered": 3,
    "bounced": 4,
    "opened": 5,
    "clicked": 6,
    "replied": 7,
    "complained": 8,
}
"""A delivery's state only ever moves up. A bounce overrides a delivery, as mail servers accept before they
bounce; an open overrides a bounce, as it proves that the message was there."""


@dataclass(frozen=True, slots=True)
class OutcomeFact:
    """One outcome of one delivery to a customer, and when it happened, in UTC."""

    delivery_id: str
    customer_id: str
    outcome: str
    at: datetime


async def record_outcomes(session: AsyncSession, facts: Sequence[OutcomeFact]) -> None:
    """Move deliveries up to their outcomes. It settles an unknown one: an outcome proves that it left.

    A fact about someone else's delivery is no fact and changes nothing.
    """
    if not facts:
        return
    query = (
        select(Delivery)
        .where(col(Delivery.id).in_({fact.delivery_id for fact in facts}))
        .order_by(col(Delivery.id))
        .with_for_update()
    )
    deliveries = {delivery.id: delivery for delivery in (await session.exec(query)).all()}
    for fact in facts:
        delivery = deliveries.get(fact.delivery_id)
        if delivery is None or delivery.customer_id != fact.customer_id:
            continue
        if RANK[fact.outcome] > RANK[delivery.state]:
            delivery.state, delivery.outcome_at = fact.outcome, fact.at
            session.add(delivery)
