"""An HTTP server inside a running program, which can break a connection when a fault wants it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Vendors keep idle connections longer than clients do.
_KEEP_ALIVE_SECONDS = 75


class _BreakableProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope.setdefault("state", {})["break_connection"] = self.transport.abort


class _EmbeddedServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to the program around."""
        yield


def break_connection(request: Request) -> None:
    """Cut the connection at once, without an answer."""
    cut: Any = request.scope["state"]["break_connection"]
    cut()


@contextlib.asynccontextmanager
async def serving(app: Starlette, port: int) -> AsyncGenerator[int]:
    """Serve `app` on this machine only; gives the port. Raises OSError when the port is taken."""
    with _listening(port) as listener:
        config = uvicorn.Config(
            app,
            http=_BreakableProtocol,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
        )
        server = _EmbeddedServer(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


def _listening(port: int) -> socket.socket:
    # Only with the protocol spelt out does asyncio switch Nagle's delay off, 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
