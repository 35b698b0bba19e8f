"""A way with its worker at work: walks runs along the path and knows how each of them went."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.processes import Child, Usage
from bench.tellers import Note
from bench.ways import Way

_SETTLE_SECONDS = 0.3
"""How long after the first message the signal comes, so that the run already waits for it."""
_PATIENCE_SECONDS = 120


class WentWrong(Exception):
    """A run did not do what it is measured for, so there is nothing to measure."""


@dataclass(frozen=True)
class Walk:
    """How one run went; times are on the machine's monotonic clock."""

    workflow_id: str
    signalled: float
    answered: float
    """When the message after the signal was sent."""
    ended: float


class Crew:
    """One way and its worker."""

    def __init__(self, way: Way, usage: Usage) -> None:
        self.way = way
        self.usage = usage
        self._notes: defaultdict[str, asyncio.Queue[Note]] = defaultdict(asyncio.Queue)

    @classmethod
    @asynccontextmanager
    async def start(cls, way: Way, child: Child) -> "AsyncGenerator[Crew]":
        """Listen to the way's worker for as long as the block lasts."""
        crew = cls(way, child.usage)
        listening = asyncio.create_task(crew._listen(child))
        try:
            yield crew
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening

    def on(self, way: Way) -> "Crew":
        """The same worker, whose runs are started and signalled in another way."""
        other = Crew(way, self.usage)
        other._notes = self._notes
        return other

    async def walk(self, key: str) -> Walk:
        """Take one prepared run along the whole path. Raises WentWrong."""
        run = await self.way.start(key)
        await self._next(run, "sent")
        await asyncio.sleep(_SETTLE_SECONDS)
        signalled = time.monotonic()
        await self.way.signal(key)
        answered = await self._next(run, "sent")
        ended = await self._next(run, "ended")
        del self._notes[run]
        return Walk(run, signalled, answered, ended)

    async def park(self, keys: Sequence[str], at_once: int) -> None:
        """Start prepared runs that wait for long."""
        gate = asyncio.Semaphore(at_once)

        async def start(key: str) -> None:
            async with gate:
                await self.way.start(key)

        await asyncio.gather(*(start(key) for key in keys))

    async def _next(self, run: str, wanted: str) -> float:
        try:
            note = await asyncio.wait_for(self._notes[run].get(), _PATIENCE_SECONDS)
        except TimeoutError:
            raise WentWrong(f"{run}: no '{wanted}' within {_PATIENCE_SECONDS} seconds") from None
        if note.what != wanted:
            raise WentWrong(f"{run}: '{note.what}' instead of '{wanted}'")
        return note.at

    async def _listen(self, child: Child) -> None:
        while True:
            note = Note.model_validate_json(await child.line())
            self._notes[note.workflow_id].put_nowait(note)
