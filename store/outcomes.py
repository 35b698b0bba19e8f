"""What became of deliveries, as their outcomes tell. The order in which outcomes arrive does not matter."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.ledger import NEVER_LEFT
from store.tables import Delivery

RANK = {
    "reserved": 0,
    "retrying": 0,
    "unknown": 1,
    "rejected": 1,
    "sent": 2,
    "failed": 3,
    "delivered": 4,
    "bounced": 5,
    "opened": 6,
    "clicked": 7,
    "replied": 8,
    "complained": 9,
}
"""A delivery's state only ever moves up. Proof that it arrived overrides the vendor's word that it failed; a
bounce overrides a delivery, as mail servers accept before they bounce; an open overrides a bounce, as it proves
that the message was there."""

TAKEN = RANK["sent"]
"""From this rank on the vendor surely had the message."""


@dataclass(frozen=True, slots=True)
class OutcomeFact:
    """One outcome of one delivery to a customer, and when it happened, in UTC. `code` is the vendor's own word for
    why it did not arrive."""

    delivery_id: str
    customer_id: str
    outcome: str
    at: datetime
    code: str = ""


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
        if delivery is not None and delivery.customer_id == fact.customer_id and advance(delivery, fact):
            session.add(delivery)


def advance(delivery: Delivery, fact: OutcomeFact) -> bool:
    """Move a delivery up to an outcome, and say whether that changed it. Of two that say the same the earlier
    one counts, so that the facts give the same row whatever order they come in, and however often."""
    height, reached = RANK[fact.outcome], RANK[delivery.state]
    since = delivery.outcome_at
    if height < reached or (height == reached and since is not None and fact.at >= since):
        return False
    delivery.state, delivery.outcome_at = fact.outcome, fact.at
    # What was told of an earlier state explains this one no more.
    delivery.code, delivery.reason = f"{delivery.provider}.{fact.code}" if fact.code else "", ""
    return True


@dataclass(frozen=True, slots=True)
class Taken:
    """A vendor's word that it took a message, which it knows as `provider_id`, at a time in UTC."""

    delivery_id: str
    provider_id: str
    at: datetime


async def settle_taken(session: AsyncSession, taken: Sequence[Taken]) -> None:
    """Settle deliveries of which we did not know whether they left, or by what id the vendor knows them."""
    known = {one.delivery_id: one for one in taken}
    query = select(Delivery).where(col(Delivery.id).in_(known)).order_by(col(Delivery.id)).with_for_update()
    for delivery in (await session.exec(query)).all():
        one = known[delivery.id]
        if RANK[delivery.state] < TAKEN:
            delivery.state, delivery.code, delivery.reason = "sent", "", ""
        delivery.provider_id = delivery.provider_id or one.provider_id or None
        delivery.sent_at = delivery.sent_at or one.at
        session.add(delivery)


async def find_by_id(session: AsyncSession, delivery_ids: Collection[str]) -> dict[str, Delivery]:
    """Deliveries by our own id."""
    found = await session.exec(select(Delivery).where(col(Delivery.id).in_(delivery_ids)))
    return {delivery.id: delivery for delivery in found.all()}


async def find_by_provider_id(
    session: AsyncSession, channel: str, provider_ids: Collection[str]
) -> dict[str, Delivery]:
    """Deliveries over a channel by the vendor's id."""
    query = select(Delivery).where(col(Delivery.provider_id).in_(provider_ids), col(Delivery.channel) == channel)
    return {delivery.provider_id or "": delivery for delivery in (await session.exec(query)).all()}


async def last_message(
    session: AsyncSession, customer_ids: Collection[str], channel: str, since: datetime
) -> Delivery | None:
    """The last message that some customers may have got over a channel since a moment."""
    query = (
        select(Delivery)
        .where(
            col(Delivery.customer_id).in_(customer_ids),
            col(Delivery.channel) == channel,
            col(Delivery.reserved_at) >= since,
            col(Delivery.state).not_in(NEVER_LEFT),
        )
        .order_by(col(Delivery.reserved_at).desc(), col(Delivery.id))
        .limit(1)
    )
    return (await session.exec(query)).first()
