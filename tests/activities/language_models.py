"""An OpenAI-compatible endpoint that refuses what the real one refuses, and says what a test wants."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test"


class Endpoint:
    """What the model says next, and what it was asked."""

    def __init__(self) -> None:
        self.says: dict[str, Any] | str = {}
        """A proposal, or the very text of the message."""
        self.status = 200
        self.stalls = threading.Event()
        self.stalls.set()
        self.asked: list[dict[str, Any]] = []
        self.url = ""

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        request = json.loads(body)
        if path != "/v1/chat/completions" or request["response_format"]["type"] != "json_schema":
            return 400, {"error": {"message": "there is no such call"}}
        if headers["Authorization"] != f"Bearer {KEY}":
            return 401, {"error": {"message": "Incorrect API key provided"}}
        self.asked.append(request)
        if self.status != 200:
            return self.status, {"error": {"message": "The server is overloaded"}}
        text = self.says if isinstance(self.says, str) else json.dumps(self.says)
        message = {"role": "assistant", "content": text}
        return 200, {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "small-2026",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 210, "completion_tokens": 30, "total_tokens": 240},
        }


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """An endpoint while the block lasts."""
    model = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            model.stalls.wait(20)
            status, answer = model.answer(self.path, self.headers, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    model.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield model
    finally:
        model.stalls.set()
        server.shutdown()
        server.server_close()
