"""The processes of a bench, and what each of them uses. Reads `/proc`, so it needs Linux."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class ChildEnded(Exception):
    """A process of the bench ended before the bench did. Its own words are on standard error."""


@dataclass(frozen=True)
class Usage:
    """What a running process has used so far."""

    pid: int

    def cpu_seconds(self) -> float:
        """User and system time of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_bytes(self) -> int:
        """What it has in memory now (RSS)."""
        return int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE


@dataclass(frozen=True)
class Child:
    """A process of ours that ends when we close its standard input."""

    process: Process

    @classmethod
    @asynccontextmanager
    async def start(cls, module: str, *arguments: str, environment: Mapping[str, str]) -> "AsyncGenerator[Child]":
        """Run `python -m module` for as long as the block lasts."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments, stdin=PIPE, stdout=PIPE, env={**os.environ, **environment}
        )
        try:
            yield cls(process)
        finally:
            if process.stdin:
                process.stdin.close()
            await process.communicate()

    @property
    def usage(self) -> Usage:
        return Usage(self.process.pid)

    async def line(self) -> bytes:
        """Its next line. Raises ChildEnded."""
        assert self.process.stdout
        line = await self.process.stdout.readline()
        if not line:
            raise ChildEnded(f"a process of the bench ended with {await self.process.wait()}")
        return line
