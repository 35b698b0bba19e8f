"""Runs that Temporal ended without a word of their own: somebody terminated them there, their time was over, or
their history was deleted.

Such a run cannot write its end, withdraw its question or settle what it was sending. Whoever notices does it here.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistoryEventFilterType
from temporalio.service import RPCError, RPCStatusCode

from journeys.requests import EndedRun
from starter.dispatch.launch import WORKFLOW
from starter.dispatch.signals import RPC_TIMEOUT
from starter.services import Services
from store.approvals import withdraw_questions
from store.audit import record
from store.customers import lock_customer
from store.events import as_event, find_events
from store.ledger import settle_unfinished
from store.requests import tell_end
from store.runs import LOST, close_run, open_among
from store.surfaces import withdraw_run
from store.tables import Run

_LOOK_AGAIN_S = 15.0
_PAGE = 500
_LATE = timedelta(minutes=10)
"""How late a run's end may show in Temporal's visibility, by its own clock or ours."""

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
            _log.warning("runs that Temporal ended cannot be looked for now: %s", error)
        await asyncio.sleep(_LOOK_AGAIN_S)


async def settle_ended(services: Services, since: datetime | None) -> None:
    """Settle the runs that Temporal says it ended since then (UTC), or ever: few do not end by themselves. Raises
    RPCError."""
    found = services.temporal.list_workflows(
        _ended_by_others(services.settings.task_queue, since), page_size=_PAGE, rpc_timeout=RPC_TIMEOUT
    )
    while found.current_page is None or found.next_page_token:
        await found.fetch_next_page()
        ids = {each.id for each in found.current_page or ()}
        async with services.database.reading() as session:
            runs = await open_among(session, ids)
        for run in runs:
            await settle_lost(services, run)


async def settle_lost(services: Services, run: Run) -> None:
    """Write how a run ended that is open here and over in Temporal, unless it tells so itself meanwhile. Raises
    RPCError."""
    end = await _end_of(services.temporal, run)
    if end is not None:
        async with services.database.transaction() as session:
            await _write(session, run, end)


def _ended_by_others(task_queue: str, since: datetime | None) -> str:
    ended = f"WorkflowType = '{WORKFLOW}' AND TaskQueue = '{task_queue}'"
    ended += " AND ExecutionStatus IN ('Terminated', 'TimedOut', 'Failed', 'Canceled')"
    return f"{ended} AND CloseTime >= '{since.isoformat()}'" if since else ended


@dataclass(frozen=True)
class _End:
    """How Temporal ended a run, at `at` in UTC. Of a termination `identity` is what the client called itself."""

    how: str
    at: datetime
    identity: str = ""
    words: str = ""


async def _end_of(temporal: Client, run: Run) -> _End | None:
    """None while the run goes on. Its workflow id has no newer run: none starts while this one is open here."""
    handle = temporal.get_workflow_handle(run.workflow_id)
    try:
        found = await handle.describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return _End("deleted", datetime.now(UTC))
        raise
    if found.status is None or found.status is WorkflowExecutionStatus.RUNNING:
        return None
    how, at = found.status.name.lower().replace("_", " "), found.close_time or datetime.now(UTC)
    if found.status is not WorkflowExecutionStatus.TERMINATED:
        return _End(how, at)
    last = temporal.get_workflow_handle(run.workflow_id, run_id=found.run_id).fetch_history_events(
        event_filter_type=WorkflowHistoryEventFilterType.CLOSE_EVENT, rpc_timeout=RPC_TIMEOUT
    )
    said = (await anext(last)).workflow_execution_terminated_event_attributes
    return _End(how, at, said.identity, said.reason)


async def _write(session: AsyncSession, run: Run, end: _End) -> None:
    """What the run would have written at its end, once."""
    reason = f"{end.how} in Temporal"
    # Before the run's own row, as everywhere.
    await lock_customer(session, run.customer_id)
    if not await close_run(session, run.workflow_id, run.first_run_id, LOST, reason, end.at):
        return
    ended = EndedRun(outcome=LOST, reason=reason, run=run.workflow_id)
    for start in await find_events(session, [run.start_seq]):
        await tell_end(session, run.customer_id, as_event(start), ended, end.at)
    await withdraw_questions(session, run.workflow_id, run.first_run_id, f"its run is over: {reason}", end.at)
    await settle_unfinished(session, run.workflow_id, run.first_run_id, reason)
    await withdraw_run(session, run.workflow_id, run.first_run_id, end.at)
    _tell(session, run, end)


def _tell(session: AsyncSession, run: Run, end: _End) -> None:
    """Write into the audit log who ended it, as far as Temporal says. A person's words may name someone."""
    by = "someone in Temporal" if end.how in ("terminated", "deleted") else "Temporal"
    record(
        session,
        "change",
        f"run:{run.workflow_id}",
        by,
        {"what": "ended", "how": end.how, "identity": end.identity},
        at=end.at,
        customer_id=run.customer_id,
        evidence={"reason": end.words} if end.words else None,
    )
