"""An HTTP server inside a running program, which can break a connection when a fault wants it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

# Vendors keep idle connections longer than clients do.
_KEEP_ALIVE_SECONDS = 75
_CLOSE_WITHIN = 1.0


class _BreakableProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope.setdefault("state", {})["break_connection"] = self.transport.abort


def break_connection(request: Request) -> None:
    """Cut the connection at once, without an answer."""
    cut: Any = request.scope["state"]["break_connection"]
    cut()


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncGenerator[int]:
    """Serve `app` on this machine only, without its lifespan; gives the port, which is any free one for 0. Raises
    OSError when the port is taken.

    By uvicorn's protocol without its server, which takes the program's signals, and 0.2 seconds to end.
    """
    config = uvicorn.Config(
        app,
        http=_BreakableProtocol,
        log_level="warning",
        access_log=False,
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    config.load()
    state = ServerState()
    with _listening(port) as listener:
        server = await asyncio.get_running_loop().create_server(
            lambda: _BreakableProtocol(config, state, app_state={}), sock=listener
        )
        try:
            yield listener.getsockname()[1]
        finally:
            server.close()
            await _end(state)


async def _end(state: ServerState) -> None:
    """Let the answers that have begun end, if they do soon."""
    for connection in list(state.connections):
        connection.shutdown()
    if answering := list(state.tasks):
        _, late = await asyncio.wait(answering, timeout=_CLOSE_WITHIN)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


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
