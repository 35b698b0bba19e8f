"""Messages of which nobody knows whether they left."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Delivery

_AT_ONCE = 200


async def list_unknown(session: AsyncSession, after: datetime, before: datetime) -> Sequence[Delivery]:
    """Some of those that were reserved in a time, those first that were never asked about or longest ago."""
    query = (
        select(Delivery)
        .where(col(Delivery.state) == "unknown", col(Delivery.reserved_at).between(after, before))
        .order_by(col(Delivery.searched_at).asc().nulls_first(), col(Delivery.reserved_at))
        .limit(_AT_ONCE)
    )
    return (await session.exec(query)).all()


async def note_search(session: AsyncSession, delivery_id: str, what: str, now: datetime) -> None:
    """Write down what came of asking the vendor at `now`, beside why nobody knows. One that was settled meanwhile
    stays as it is."""
    delivery = await session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.state != "unknown":
        return
    why, _, _ = delivery.reason.partition("; at ")
    delivery.reason, delivery.searched_at = f"{why}; at {now:%Y-%m-%d %H:%M} UTC {what}", now
    session.add(delivery)
