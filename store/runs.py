"""Journey runs as the doors know them: which are open, when one last started, how each ended."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.customers import lock_customer
from store.locks import take_turn
from store.tables import EventRecord, Run

LOST = "lost"
"""The outcome of a run that Temporal ended or no longer has: terminated, timed out, or its history deleted."""

HOLDOUT = "holdout"
"""The outcome of a run that was kept back, so that the journey's effect can be measured. It never started."""


async def add_run(session: AsyncSession, run: Run) -> Run:
    """Keep a new run, and give it with its id. Of a customer who was merged meanwhile it is a run of the one
    they turned out to be. Raises sqlalchemy.exc.IntegrityError when the same event has started it already."""
    customer = await lock_customer(session, run.customer_id)
    run.customer_id = customer.id if customer else run.customer_id
    session.add(run)
    await session.flush()
    return run


async def find_run(session: AsyncSession, workflow_ids: Collection[str], start_seq: int) -> Run | None:
    """The run of one of some workflow ids that one event started."""
    query = select(Run).where(col(Run.workflow_id).in_(workflow_ids), col(Run.start_seq) == start_seq)
    return (await session.exec(query)).first()


async def run_started_by(session: AsyncSession, journey: str, customer_id: str, seq: int) -> Run | None:
    """The run of a journey that an event started for a customer."""
    query = select(Run).where(
        col(Run.journey) == journey, col(Run.customer_id) == customer_id, col(Run.start_seq) == seq
    )
    return (await session.exec(query)).first()


async def has_started(session: AsyncSession, journey: str) -> bool:
    """Whether a journey ever had a run, be it one that was kept back."""
    return (await session.exec(select(Run.id).where(col(Run.journey) == journey).limit(1))).first() is not None


async def last_run(session: AsyncSession, workflow_ids: Collection[str]) -> Run | None:
    """The newest run of some workflow ids, whatever its state; one that is not closed comes before the others."""
    newest = (col(Run.state) == "closed", col(Run.start_seq).desc())
    query = select(Run).where(col(Run.workflow_id).in_(workflow_ids)).order_by(*newest).limit(1)
    return (await session.exec(query)).first()


async def start_of_run(session: AsyncSession, workflow_id: str) -> EventRecord | None:
    """The event that started the newest run of a workflow id; None when it is not known, or erased."""
    run = await last_run(session, [workflow_id])
    return await session.get(EventRecord, run.start_seq) if run else None


async def lock_starts(session: AsyncSession, journey: str) -> None:
    """Let no other transaction enter a run of the journey until this one ends, so that a count stays true."""
    await take_turn(session, f"starts:{journey}")


async def count_starts(session: AsyncSession, journey: str, after: datetime, before: datetime) -> int:
    """How many runs of a journey started between two moments, neither included. Those kept back did not."""
    query = select(func.count()).where(
        col(Run.journey) == journey,
        col(Run.started_at) > after,
        col(Run.started_at) < before,
        col(Run.outcome) != HOLDOUT,
    )
    return (await session.exec(query)).one()


async def other_open_runs(session: AsyncSession, customer_id: str, but: str) -> list[Run]:
    """The runs of other journeys than `but` that a customer is in."""
    query = select(Run).where(
        col(Run.customer_id) == customer_id, col(Run.state) == "open", col(Run.journey) != but
    )
    return list((await session.exec(query)).all())


async def open_runs(session: AsyncSession, customer_ids: Collection[str]) -> list[Run]:
    """The runs of some customers that are open or about to be, oldest first."""
    query = (
        select(Run)
        .where(col(Run.customer_id).in_(customer_ids), col(Run.state) != "closed")
        .order_by(col(Run.start_seq))
    )
    return list((await session.exec(query)).all())


async def open_among(session: AsyncSession, workflow_ids: Collection[str]) -> list[Run]:
    """The open runs of some workflow ids."""
    query = select(Run).where(col(Run.workflow_id).in_(workflow_ids), col(Run.state) == "open")
    return list((await session.exec(query)).all())


async def record_start(session: AsyncSession, run_id: int, first_run_id: str) -> None:
    """Temporal has the run. One that has ended meanwhile stays closed."""
    run = await session.get(Run, run_id, with_for_update=True)
    if run is not None and run.state == "starting":
        run.state, run.first_run_id = "open", first_run_id
        session.add(run)


async def forget_start(session: AsyncSession, run_id: int) -> None:
    """A run that Temporal never took was none."""
    await session.exec(delete(Run).where(col(Run.id) == run_id, col(Run.state) == "starting"))


async def forget_starts(session: AsyncSession, start_seq: int) -> None:
    """None of the runs that one event should start, and that have not started yet, will."""
    await session.exec(delete(Run).where(col(Run.start_seq) == start_seq, col(Run.state) == "starting"))


async def close_run(
    session: AsyncSession, workflow_id: str, first_run_id: str, outcome: str, reason: str, ended_at: datetime
) -> bool:
    """Write how a run ended; False when that is written already. The first end stays, except that a run taken for
    lost may still tell its own.

    A run may end before its start was recorded: then it is the one of its workflow id that is starting.
    """
    query = (
        select(Run)
        .where(col(Run.workflow_id) == workflow_id, col(Run.first_run_id).in_((first_run_id, "")))
        .where((col(Run.state) != "closed") | (col(Run.outcome) == LOST))
        .order_by(col(Run.first_run_id).desc(), col(Run.start_seq).desc())
        .limit(1)
        .with_for_update()
    )
    run = (await session.exec(query)).first()
    if run is None or run.outcome == outcome == LOST:
        return False
    run.state, run.first_run_id = "closed", first_run_id
    run.outcome, run.reason, run.ended_at = outcome, reason, ended_at
    session.add(run)
    await session.flush()
    return True
