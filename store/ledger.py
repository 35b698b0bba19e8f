"""The ledger of deliveries: whether a message may be sent, whether it was, and what became of it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import case
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.locks import take_turn
from store.tables import Action, Address, Delivery, EventRecord

NEVER_LEFT = ("rejected", "retrying")
"""States in which no message reached the customer, and no business action was done."""


async def find_delivery(session: AsyncSession, delivery_id: str) -> Delivery | None:
    return await session.get(Delivery, delivery_id)


async def find_action(session: AsyncSession, action_id: str) -> Action | None:
    return await session.get(Action, action_id)


async def deliveries_since(session: AsyncSession, customer_id: str, since: datetime) -> list[Delivery]:
    """The customer's messages, whatever became of them, oldest first."""
    query = (
        select(Delivery)
        .where(col(Delivery.customer_id) == customer_id, col(Delivery.reserved_at) >= since)
        .order_by(col(Delivery.reserved_at))
    )
    return list((await session.exec(query)).all())


async def sent_to(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, dict[str, list[int]]]:
    """When messages were sent, by customer and channel, in seconds since 1970."""
    query = select(Delivery.customer_id, Delivery.channel, Delivery.sent_at).where(
        col(Delivery.customer_id).in_(customer_ids), col(Delivery.sent_at).is_not(None)
    )
    found: dict[str, dict[str, list[int]]] = {}
    for customer_id, channel, at in (await session.exec(query)).all():
        if at is not None:
            found.setdefault(customer_id, {}).setdefault(channel, []).append(int(at.timestamp()))
    return found


async def lock_sends(session: AsyncSession, journey: str) -> None:
    """Let no other transaction reserve a message or a business action of the journey until this one
    ends, so that a count of them stays true."""
    await take_turn(session, f"sends:{journey}")


async def sent_by_journey(session: AsyncSession, journey: str, since: datetime) -> dict[str, int]:
    """How many messages of a journey left since a moment or are about to, to anyone, by channel."""
    query = (
        select(Delivery.channel, func.count())
        .where(
            col(Delivery.journey) == journey,
            col(Delivery.reserved_at) > since,
            col(Delivery.state).not_in(NEVER_LEFT),
        )
        .group_by(col(Delivery.channel))
    )
    return dict((await session.exec(query)).all())


async def given_by_journey(session: AsyncSession, journey: str, since: datetime) -> dict[str, float]:
    """By currency, how much a journey's business actions gave since a moment or are about to, to anyone."""
    query = (
        select(Action.currency, func.sum(Action.amount))
        .where(
            col(Action.journey) == journey,
            col(Action.reserved_at) > since,
            col(Action.state).not_in(NEVER_LEFT),
        )
        .group_by(col(Action.currency))
    )
    return {currency: amount or 0.0 for currency, amount in (await session.exec(query)).all()}


async def reachable_at(session: AsyncSession, customer_id: str, kinds: Sequence[str]) -> str | None:
    """The newest live address of the first kind that there is one of, or None. Of the kind `customer` it is the
    customer's own id."""
    if "customer" in kinds:
        return customer_id
    preference = case({kind: number for number, kind in enumerate(kinds)}, value=col(Address.kind))
    query = (
        select(Address)
        .where(
            col(Address.customer_id) == customer_id, col(Address.kind).in_(kinds), col(Address.active).is_(True)
        )
        .order_by(preference, col(Address.updated_at).desc(), col(Address.value))
        .limit(1)
    )
    address = (await session.exec(query)).first()
    return address.value if address else None


async def deactivate_address(
    session: AsyncSession, customer_id: str, kind: str, value: str, why: str, at: datetime
) -> None:
    """Never use an address again, because a provider said that it is dead."""
    address = await session.get(Address, (customer_id, kind, value))
    if address:
        address.active, address.why_inactive, address.updated_at = False, why, at
        session.add(address)


async def events_since(
    session: AsyncSession, customer_id: str, names: frozenset[str], seq: int
) -> list[EventRecord]:
    """The customer's accepted events of some names after `seq`, in the order they were accepted."""
    query = (
        select(EventRecord)
        .where(
            col(EventRecord.customer_id) == customer_id,
            col(EventRecord.name).in_(sorted(names)),
            col(EventRecord.seq) > seq,
        )
        .order_by(col(EventRecord.seq))
    )
    return list((await session.exec(query)).all())


async def settle_given_up(session: AsyncSession, delivery_id: str, reason: str) -> None:
    """Settle the row of a delivery or an action that the run no longer tries."""
    row = await session.get(Delivery, delivery_id) or await session.get(Action, delivery_id)
    if row:
        _settle(session, row, "gave_up", reason)


async def settle_unfinished(session: AsyncSession, workflow_id: str, first_run_id: str, reason: str) -> None:
    """Settle the deliveries and actions that a run was trying when it ended."""
    for table in (Delivery, Action):
        query = select(table).where(
            col(table.workflow_id) == workflow_id,
            col(table.first_run_id) == first_run_id,
            col(table.state).in_(("reserved", "retrying")),
        )
        for row in (await session.exec(query)).all():
            _settle(session, row, "run.ended", reason)


def _settle(session: AsyncSession, row: Delivery | Action, code: str, reason: str) -> None:
    """What was under way is unknown; what was put off surely did not happen."""
    if row.state in ("reserved", "retrying"):
        row.state = "unknown" if row.state == "reserved" else "rejected"
        row.code, row.reason = code, reason
        session.add(row)


def horizon(now: datetime, days: int) -> datetime:
    """From when on contacts matter to policies that look back `days` days."""
    return now - timedelta(days=days)
