"""Waiting for what another task or process brings about."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.client import WorkflowHandle

from workflows.journey import CustomerJourney
from workflows.state import Progress, RunResult

WITHIN = 60.0
"""Seconds that a busy machine may take over anything; only what never comes takes so long."""


async def eventually(holds: Callable[[], Awaitable[bool]], within: float = WITHIN) -> None:
    """Return as soon as it holds. Raises TimeoutError when it does not within so many seconds."""
    async with asyncio.timeout(within):
        while not await holds():  # noqa: ASYNC110 what is written to a database or to Temporal sets no event here
            await asyncio.sleep(0.02)


async def until(run: WorkflowHandle[CustomerJourney, RunResult], holds: Callable[[Progress], object]) -> Progress:
    """How a run stands, as soon as it stands so."""
    found = list[Progress]()

    async def stands() -> bool:
        found[:] = [await run.query(CustomerJourney.progress)]
        return bool(holds(found[0]))

    await eventually(stands)
    return found[0]


async def asks(run: WorkflowHandle[CustomerJourney, RunResult]) -> str:
    """The id of the approval that a run asks for, as soon as it does."""
    progress = await until(run, lambda progress: progress.approval)
    assert progress.approval is not None
    return progress.approval.approval_id


async def continues_as_new(latest: WorkflowHandle[Any, Any], after: str | None) -> None:
    """A run goes on in another execution than the one with the id `after`."""

    async def is_another() -> bool:
        return (await latest.describe()).run_id != after

    await eventually(is_another)
