"""Erases a customer: ends their runs, takes them out of the store, destroys their key."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from journeys.events import ERASED, Event
from store.database import Database
from store.erasing import count_ended_run, find_erasure, finish_erasure
from store.events import as_event
from store.ledger import events_since
from store.runs import close_run, open_runs
from store.tables import Run
from workflows.ports import Erased, EraseRequest

PATIENCE_S = 30.0
"""How long a run has to end by itself before it is terminated."""
_LOOK_AGAIN_S = 0.2


class Erasing:
    """The activities of an erasure. `client` gives the connection to Temporal."""

    def __init__(
        self, database: Database, patience_s: float = PATIENCE_S, client: Callable[[], Client] = activity.client
    ) -> None:
        self._database = database
        self._patience_s = patience_s
        self._client = client

    @activity.defn
    async def end_runs(self, request: EraseRequest) -> None:
        """End every open run of the customer: it is told, and terminated if it does not end. Safe to retry."""
        runs, event = await self._open(request.customer_id)
        async with self._database.transaction() as session:
            await count_ended_run(session, request.customer_id, len(runs))
        deadline = asyncio.get_running_loop().time() + self._patience_s
        while runs and asyncio.get_running_loop().time() < deadline:
            for run in runs:
                if event is not None:
                    await self._tell(run, event)
            activity.heartbeat()
            await asyncio.sleep(_LOOK_AGAIN_S)
            runs, event = await self._open(request.customer_id)
        for run in runs:
            await self._terminate(run)

    @activity.defn
    async def erase_customer(self, request: EraseRequest) -> Erased:
        """Erase the customer from the store and destroy the key. Safe to retry."""
        async with self._database.transaction() as session:
            erasure = await finish_erasure(session, request.customer_id, datetime.now(UTC))
        await self._database.overwrite_deleted()
        return Erased(counts=erasure.counts)

    async def _open(self, customer_id: str) -> tuple[list[Run], Event | None]:
        """The customer's open runs, and the event that ends them."""
        async with self._database.reading() as session:
            assert await find_erasure(session, customer_id), "an erasure is begun before it is carried out"
            events = await events_since(session, customer_id, frozenset({ERASED}), 0)
            return await open_runs(session, [customer_id]), as_event(events[0]) if events else None

    async def _tell(self, run: Run, event: Event) -> None:
        """Tell a run that it ends. It takes the event once, however often it is told."""
        try:
            await self._client().get_workflow_handle(run.workflow_id).signal("event", event)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            await self._close(run)

    async def _terminate(self, run: Run) -> None:
        try:
            handle = self._client().get_workflow_handle(run.workflow_id)
            await handle.terminate(reason="the customer was erased")
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
        await self._close(run)

    async def _close(self, run: Run) -> None:
        async with self._database.transaction() as session:
            await close_run(session, run.workflow_id, run.first_run_id, "erasure", "", datetime.now(UTC))
