"""Erasures, from the request to their end: begun in the store, carried out by a workflow."""

import asyncio
import logging
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from project.access import Person
from starter.dispatch.signals import RPC_TIMEOUT
from starter.services import Services
from store.erasing import begin_erasure, unfinished_erasures
from store.tables import Erasure
from workflows.ports import EraseRequest

WORKFLOW = "EraseCustomer"
_LOOK_AGAIN_S = 10.0

_log = logging.getLogger(__name__)


async def erase(services: Services, customer_id: str, by: Person, *, suppress: bool) -> Erasure | None:
    """Begin the erasure of a customer; None when there is none. From now on no event finds them and nothing
    more is sent; the rest follows, should Temporal be away as soon as it answers."""
    async with services.database.transaction() as session:
        erasure = await begin_erasure(
            session, customer_id, by=by.email, suppress_addresses=suppress, at=datetime.now(UTC)
        )
    if erasure is not None and erasure.done_at is None:
        try:
            await _carry_out(services, erasure)
        except (RPCError, RuntimeError) as error:
            _log.warning("the erasure of %s waits for Temporal: %s", customer_id, error)
    return erasure


async def keep_erasing(services: Services) -> None:
    """See to it, until cancelled, that every erasure that was begun is carried out."""
    while True:
        try:
            async with services.database.reading() as session:
                unfinished = await unfinished_erasures(session)
            for erasure in unfinished:
                await _carry_out(services, erasure)
        except (SQLAlchemyError, OSError, RPCError, RuntimeError) as error:
            _log.warning("erasures cannot be carried out now: %s", error)
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _carry_out(services: Services, erasure: Erasure) -> None:
    """Have Temporal erase the customer; one that it erases already goes on as it is. Raises RPCError."""
    await services.temporal.start_workflow(
        WORKFLOW,
        EraseRequest(customer_id=erasure.customer_id),
        # Two parts, not a run's three: its payloads must stay readable when the customer's key is gone.
        id=f"erase:{erasure.customer_id}",
        task_queue=services.settings.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"erasure of {erasure.customer_id}",
        rpc_timeout=RPC_TIMEOUT,
    )
