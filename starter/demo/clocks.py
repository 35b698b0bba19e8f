"""The demo's two clocks: each run's own, which is moved forward on the real server, and the viewer's pace."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper

_STEP = 0.1
Handle = WorkflowHandle[Any, Any]


class RunClocks:
    """Reads and moves the clock of a single run. Timers that come due on the way fire, at their own time."""

    def __init__(self, client: Client) -> None:
        self._skipper = TimeSkipper(client)

    async def now(self, run: Handle) -> datetime:
        """The run's time, in UTC."""
        return await self._skipper.get_current_time(run)

    async def forward(self, run: Handle, by: timedelta) -> None:
        await self._skipper.fast_forward(run, by)


class Pace:
    """How fast a viewer sees time pass. `speed` is how many times faster than real; None is at once."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._origin: float | None = None

    def resume_from(self, elapsed: timedelta) -> None:
        """Go on from here, after a stretch that took as long as it took."""
        if self._speed is not None:
            self._origin = _wall() - elapsed.total_seconds() / self._speed

    async def reach(self, elapsed: timedelta, passing: Callable[[timedelta], None]) -> None:
        """Wait until a viewer has seen so much time pass; `passing` hears how much, on the way."""
        if self._speed is None:
            return
        if self._origin is None:
            self.resume_from(timedelta(0))
        assert self._origin is not None
        while (left := self._origin + elapsed.total_seconds() / self._speed - _wall()) > 0:
            passing(elapsed - timedelta(seconds=left * self._speed))
            await asyncio.sleep(min(left, _STEP))


def _wall() -> float:
    return asyncio.get_running_loop().time()
