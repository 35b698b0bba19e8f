"""The Temporal dev server as a child process: started, waited for, and never left behind."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client

from keys.customers import CustomerKeys
from settings import Settings
from starter.local.programs import LocalPartFailed, find_program
from starter.temporal import TemporalUnreachable, connect
from workflows.search_attributes import ALL

_UP_WITHIN = 30.0
_DOWN_WITHIN = 10.0
_LOOK_AGAIN = 0.05
_WATCH = 'read -r _; kill -s TERM -- "-$1"'


@dataclass(frozen=True)
class TemporalServer:
    """A dev server that is up, and a client connected to it."""

    client: Client
    process: Process
    log: Path

    async def ended(self) -> None:
        """Wait until the server ends by itself. Raises LocalPartFailed when it does."""
        await self.process.wait()
        raise LocalPartFailed(f"The Temporal server ended by itself{_last_words(self.log)}")


@asynccontextmanager
async def temporal_server(
    settings: Settings, keys: CustomerKeys, ui_port: int, *, persistent: bool
) -> AsyncGenerator[TemporalServer]:
    """Run a dev server at `settings.temporal_address` for as long as the block lasts.

    With `persistent` its runs are kept in `state_dir`, otherwise in memory. Raises LocalPartFailed.
    """
    log = settings.state_dir / "temporal.log"
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    arguments = _arguments(settings, ui_port)
    if persistent:
        arguments += ["--db-filename", str(settings.state_dir / "temporal.db")]
    with log.open("wb") as output:
        # In a session of its own, so that a Ctrl-C in the terminal reaches us alone and the worker stops first.
        process = await asyncio.create_subprocess_exec(
            find_program("temporal", "The Temporal dev server"),
            *arguments,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        async with _ending_with_us(process):
            yield TemporalServer(await _connected(settings, keys, process, log), process, log)
    finally:
        await asyncio.shield(_stop(process))


@asynccontextmanager
async def _ending_with_us(process: Process) -> AsyncGenerator[None]:
    """Have the server ended even if we are killed: a shell waits for the end of a pipe that we alone hold."""
    watcher = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", _WATCH, "sh", str(process.pid), stdin=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            watcher.kill()
        await watcher.wait()


def _arguments(settings: Settings, ui_port: int) -> list[str]:
    host, _, port = settings.temporal_address.rpartition(":")
    attributes = [f"{key.name}=Keyword" for key in ALL]
    return [
        *("server", "start-dev", "--ip", host, "--port", port, "--ui-port", str(ui_port)),
        *("--ui-codec-endpoint", f"http://127.0.0.1:{settings.port}/codec/{settings.codec_token}"),
        *("--namespace", settings.temporal_namespace, "--log-level", "error", "--ui-disable-news-fetch"),
        # Lets the demo and rehearsals play days in seconds.
        *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
        *(word for attribute in attributes for word in ("--search-attribute", attribute)),
    ]


async def _connected(settings: Settings, keys: CustomerKeys, process: Process, log: Path) -> Client:
    """A client, once the server answers. Raises LocalPartFailed when it ends instead, or takes too long."""
    deadline = asyncio.get_running_loop().time() + _UP_WITHIN
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:
        # Another server may answer at the address, if it took the port first. Ours says when it is up.
        if _says_it_is_up(log):
            with contextlib.suppress(TemporalUnreachable):
                return await connect(settings, keys)
        await asyncio.sleep(_LOOK_AGAIN)
    raise LocalPartFailed(f"The Temporal server did not come up{_last_words(log)}")


def _says_it_is_up(log: Path) -> bool:
    return b"Temporal Server:" in log.read_bytes()


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {last[:300]}\nIts log is {log}." if last else f". Its log is {log}."


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _DOWN_WITHIN)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
