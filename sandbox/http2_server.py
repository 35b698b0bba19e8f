"""HTTP/2 for the vendors that speak nothing else, without TLS and with prior knowledge (RFC 9113, section 3.3)."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError
from starlette.applications import Starlette


@contextlib.asynccontextmanager
async def serving_http2(app: Starlette, port: int) -> AsyncGenerator[int]:
    """Serve `app` on this machine only; gives the port. Raises OSError when the port is taken."""
    loop = asyncio.get_running_loop()
    connections: set[_Connection] = set()
    server = await loop.create_server(lambda: _Connection(app, connections), "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in list(connections):
            connection.end()


@dataclass
class _Asked:
    """A request as far as it has come."""

    headers: list[tuple[bytes, bytes]]
    body: bytearray = field(default_factory=bytearray)

    def scope(self, state: dict[str, Any]) -> dict[str, Any]:
        """The request as ASGI tells an application of it."""
        pseudo = {name: value for name, value in self.headers if name.startswith(b":")}
        path, _, query = pseudo[b":path"].partition(b"?")
        host = (b"host", pseudo.get(b":authority", b""))
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "2",
            "method": pseudo[b":method"].decode(),
            "scheme": "http",
            "path": unquote(path.decode()),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [host, *((n, v) for n, v in self.headers if not n.startswith(b":"))],
            "state": state,
        }


class _Connection(asyncio.Protocol):
    """One client's connection, with a request on each stream."""

    def __init__(self, app: Starlette, connections: set["_Connection"]) -> None:
        self._app = app
        self._connections = connections
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._streams: dict[int, _Asked] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._connections.add(self)
        self._h2.initiate_connection()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._ended.set()
        for task in self._answering:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            for event in self._h2.receive_data(data):
                self._take(event)
        except ProtocolError:
            self.end()
        self._flush()

    def end(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    def _take(self, event: object) -> None:
        if isinstance(event, RequestReceived):
            self._streams[event.stream_id] = _Asked(list(event.headers))  # pyright: ignore[reportArgumentType] bytes, as configured
        elif isinstance(event, DataReceived):
            self._streams[event.stream_id].body.extend(event.data)
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            task = asyncio.create_task(self._answer(event.stream_id, self._streams.pop(event.stream_id)))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif isinstance(event, StreamReset):
            self._streams.pop(event.stream_id, None)

    async def _answer(self, stream: int, asked: _Asked) -> None:
        told = False

        async def receive() -> dict[str, Any]:
            nonlocal told
            if told:
                # Whoever asks again wants to hear of the end; a streamed answer would otherwise ask without pause.
                await self._ended.wait()
                return {"type": "http.disconnect"}
            told = True
            return {"type": "http.request", "body": bytes(asked.body), "more_body": False}

        async def send(message: Any) -> None:
            if self._transport.is_closing():
                return
            # A client that gave up has closed its stream.
            with contextlib.suppress(ProtocolError):
                self._tell(stream, message)
                self._flush()

        await self._app(asked.scope({"break_connection": self.end}), receive, send)

    def _tell(self, stream: int, message: Any) -> None:
        """Answers are small: they fit the window that every client opens with."""
        if message["type"] == "http.response.start":
            status = (b":status", str(message["status"]).encode())
            self._h2.send_headers(stream, [status, *message["headers"]])
        else:
            self._h2.send_data(stream, message.get("body", b""), end_stream=not message.get("more_body", False))

    def _flush(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._h2.data_to_send())
