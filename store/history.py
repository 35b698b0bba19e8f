"""What happened: runs, their deliveries and spans, as the console reads them."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.paging import Page, read_page
from store.tables import Action, Delivery, Run, Span

Counts = list[tuple[str, str, int]]


async def list_runs(
    session: AsyncSession, *, journey: str = "", state: str = "", customer_id: str = "", number: int = 1
) -> Page[Run]:
    """Runs, the latest first. An empty filter lets everything pass; `state` may be an outcome as well."""
    query = select(Run)
    if journey:
        query = query.where(col(Run.journey) == journey)
    if state:
        query = query.where((col(Run.state) == state) | (col(Run.outcome) == state))
    if customer_id:
        query = query.where(col(Run.customer_id) == customer_id)
    return await read_page(session, query.order_by(col(Run.started_at).desc(), col(Run.id).desc()), number)


async def find_runs(session: AsyncSession, workflow_id: str) -> Sequence[Run]:
    """Every run that had this workflow id, the latest first."""
    query = select(Run).where(col(Run.workflow_id) == workflow_id)
    return (await session.exec(query.order_by(col(Run.start_seq).desc()))).all()


async def spans_of_trace(session: AsyncSession, trace_id: str) -> Sequence[Span]:
    """Every span of one run, in the order they began."""
    query = select(Span).where(col(Span.trace_id) == trace_id)
    return (await session.exec(query.order_by(col(Span.started_at), col(Span.ended_at).desc()))).all()


async def deliveries_of_run(session: AsyncSession, workflow_id: str, first_run_id: str) -> Sequence[Delivery]:
    """What one run sent or tried to send, in order."""
    query = select(Delivery).where(
        col(Delivery.workflow_id) == workflow_id, col(Delivery.first_run_id) == first_run_id
    )
    return (await session.exec(query.order_by(col(Delivery.reserved_at)))).all()


async def actions_of_run(session: AsyncSession, workflow_id: str, first_run_id: str) -> Sequence[Action]:
    """The business actions that one run did or tried to do, in order."""
    query = select(Action).where(col(Action.workflow_id) == workflow_id, col(Action.first_run_id) == first_run_id)
    return (await session.exec(query.order_by(col(Action.reserved_at)))).all()


async def list_deliveries(
    session: AsyncSession, *, state: str = "", channel: str = "", number: int = 1
) -> Page[Delivery]:
    """The ledger, the latest first. An empty filter lets everything pass."""
    query = select(Delivery)
    if state:
        query = query.where(col(Delivery.state) == state)
    if channel:
        query = query.where(col(Delivery.channel) == channel)
    return await read_page(session, query.order_by(col(Delivery.reserved_at).desc(), col(Delivery.id)), number)


async def recent_contacts(session: AsyncSession, customer_id: str, most: int) -> Sequence[Delivery]:
    """The last messages to a customer that left or may have left, the latest first."""
    query = select(Delivery).where(
        col(Delivery.customer_id) == customer_id, col(Delivery.state).not_in(["reserved", "retrying", "rejected"])
    )
    return (await session.exec(query.order_by(col(Delivery.reserved_at).desc()).limit(most))).all()


async def count_runs(session: AsyncSession, since: datetime) -> Counts:
    """How many runs began since then, by state and outcome."""
    query = select(Run.state, Run.outcome, func.count()).where(col(Run.started_at) >= since)
    return list((await session.exec(query.group_by(col(Run.state), col(Run.outcome)))).all())


async def count_deliveries(session: AsyncSession, since: datetime) -> Counts:
    """How many deliveries were reserved since then, by channel and state."""
    query = select(Delivery.channel, Delivery.state, func.count()).where(col(Delivery.reserved_at) >= since)
    return list((await session.exec(query.group_by(col(Delivery.channel), col(Delivery.state)))).all())
