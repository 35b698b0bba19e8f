"""Moves open runs to another version of their journey: asks each whether it can, and tells it to."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from temporalio.client import (
    Client,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from journeys.model import Journey
from store.tables import Run
from workflows.journey import CustomerJourney
from workflows.state import Move, Progress

_AT_ONCE = 16
_ANSWER_WITHIN = timedelta(seconds=10)
_GONE = "Temporal has no such run any more"
_SILENT = "it does not answer; is a worker running?"


@dataclass(frozen=True)
class Outlook:
    """Whether a run moves; `said` is the step where it goes on, or why it stays."""

    workflow_id: str
    moves: bool
    said: str


class Mover:
    """Moves runs to one version."""

    def __init__(self, temporal: Client, journey: Journey) -> None:
        self._temporal = temporal
        self._move = Move(journey=journey)

    async def look(self, runs: Sequence[Run]) -> list[Outlook]:
        """What would become of each run, by its own word; nothing changes."""
        return await self._each(runs, self._look)

    async def move(self, runs: Sequence[Run]) -> list[Outlook]:
        """Move each run that can be moved. Safe to do again: one that has moved says so."""
        return await self._each(runs, self._tell)

    async def _each(self, runs: Sequence[Run], do: Callable[[Any], Awaitable[tuple[bool, str]]]) -> list[Outlook]:
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(run: Run) -> Outlook:
            async with turns:
                return Outlook(run.workflow_id, *await self._ask(run, do))

        return list(await asyncio.gather(*map(one, runs)))

    async def _ask(self, run: Run, do: Callable[[Any], Awaitable[tuple[bool, str]]]) -> tuple[bool, str]:
        handle = self._temporal.get_workflow_handle(run.workflow_id)
        try:
            return await do(handle)
        except WorkflowUpdateFailedError as error:
            return False, cast(ApplicationError, error.cause).message
        except (WorkflowQueryFailedError, WorkflowUpdateRPCTimeoutOrCancelledError):
            return False, _SILENT
        except RPCError as error:
            return False, _GONE if error.status == RPCStatusCode.NOT_FOUND else _SILENT

    async def _look(self, handle: Any) -> tuple[bool, str]:
        why_not = await handle.query(CustomerJourney.why_not_move, self._move, rpc_timeout=_ANSWER_WITHIN)
        if why_not:
            return False, str(why_not)
        progress: Progress = await handle.query(CustomerJourney.progress, rpc_timeout=_ANSWER_WITHIN)
        return True, progress.at

    async def _tell(self, handle: Any) -> tuple[bool, str]:
        at = await handle.execute_update(CustomerJourney.migrate, self._move, rpc_timeout=_ANSWER_WITHIN)
        return True, str(at)
