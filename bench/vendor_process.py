"""The vendors' sandbox in a process of its own, so that its CPU counts as no worker's.

Its first line says by which environment variables it is found. It ends when its standard input closes.
"""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from pydantic_core import to_json

from sandbox.server import Sandbox


async def serve() -> None:
    """Serve until the bench closes our standard input."""
    with TemporaryDirectory() as folder:
        async with Sandbox.start(state_dir=Path(folder)) as sandbox:
            sys.stdout.buffer.write(to_json(sandbox.environment()) + b"\n")
            sys.stdout.buffer.flush()
            await asyncio.to_thread(sys.stdin.buffer.read)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
