"""Runs and reviews that Temporal ended without a word of their own: somebody terminated them there, they failed,
their time was over, or their history was deleted.

Such a workflow cannot write its end, withdraw its question or settle what it was sending. Whoever notices does it
here.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.service import RPCError

from journeys.requests import EndedRun
from starter.changes.proposing import change_of, workflow_of
from starter.runs.ended import Ended, ended_by_temporal, how_it_ended
from starter.services import Services
from store.approvals import withdraw_questions
from store.audit import record
from store.changes import open_changes, settle_change
from store.customers import lock_customer
from store.events import as_event, find_events
from store.ledger import settle_unfinished
from store.requests import tell_end
from store.runs import LOST, close_run, open_among
from store.surfaces import withdraw_run
from store.tables import Change, Run

_LOOK_AGAIN_S = 15.0
_LATE = timedelta(minutes=10)
"""How late a workflow's end may show in Temporal's visibility, by its own clock or ours."""

_log = logging.getLogger(__name__)


async def keep_settling_lost(services: Services) -> None:
    """Settle, until cancelled, what Temporal ended. Every process may do it: each end is written once."""
    since: datetime | None = None
    while True:
        began = datetime.now(UTC)
        try:
            await settle_ended(services, since)
            since = began - _LATE
        except (SQLAlchemyError, OSError, RPCError, RuntimeError) as error:
            _log.warning("what Temporal ended cannot be looked for now: %s", error)
        await asyncio.sleep(_LOOK_AGAIN_S)


async def settle_ended(services: Services, since: datetime | None) -> None:
    """Settle the runs and reviews that Temporal says it ended since then (UTC), or ever. Raises RPCError."""
    async for ids in ended_by_temporal(services.temporal, services.settings.task_queue, since):
        async with services.database.reading() as session:
            runs = await open_among(session, ids)
            changes = await open_changes(session, [change for each in ids if (change := change_of(each))])
        for run in runs:
            await settle_lost(services, run)
        for change in changes:
            await settle_lost_review(services, change)


async def settle_lost(services: Services, run: Run) -> None:
    """Write how a run ended that is open here and over in Temporal, unless it tells so itself meanwhile. Raises
    RPCError."""
    end = await how_it_ended(services.temporal, run.workflow_id)
    if end is not None:
        async with services.database.transaction() as session:
            await _close(session, run, end)


async def settle_lost_review(services: Services, change: Change) -> None:
    """Close a proposal that is open here and whose review is over in Temporal: nothing of it goes live. Raises
    RPCError."""
    end = await how_it_ended(services.temporal, workflow_of(change.id))
    if end is None:
        return
    reason = f"its review was {end.reason}"
    async with services.database.transaction() as session:
        if await settle_change(session, change.id, LOST, (), reason, end.at):
            _tell(session, f"{change.kind}:{change.subject}", end, {"change": change.id})


async def _close(session: AsyncSession, run: Run, end: Ended) -> None:
    """What the run would have written at its end, once."""
    # Before the run's own row, as everywhere.
    await lock_customer(session, run.customer_id)
    if not await close_run(session, run.workflow_id, run.first_run_id, LOST, end.reason, end.at):
        return
    ended = EndedRun(outcome=LOST, reason=end.reason, run=run.workflow_id)
    for start in await find_events(session, [run.start_seq]):
        await tell_end(session, run.customer_id, as_event(start), ended, end.at)
    over = f"its run is over: {end.reason}"
    await withdraw_questions(session, run.workflow_id, run.first_run_id, over, end.at)
    await settle_unfinished(session, run.workflow_id, run.first_run_id, end.reason)
    await withdraw_run(session, run.workflow_id, run.first_run_id, end.at)
    _tell(session, f"run:{run.workflow_id}", end, {}, run.customer_id)


def _tell(
    session: AsyncSession, subject: str, end: Ended, facts: Mapping[str, str], customer_id: str = ""
) -> None:
    """Write into the audit log who ended it, as far as Temporal says. A person's words may name someone."""
    told = {"what": "ended", "how": end.how, "identity": end.identity, **facts}
    evidence = {"reason": end.words} if end.words else None
    record(session, "change", subject, end.by, told, at=end.at, customer_id=customer_id, evidence=evidence)
