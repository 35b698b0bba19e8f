"""An OpenAI-compatible endpoint that refuses what the real one refuses, and says or does what a test wants.

What it refuses, and in which words, is from the references of the API (platform.openai.com/docs: chat completions,
error codes, rate limits) and its guide to structured outputs, which names the schemas that `strict` takes.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

KEY, MODEL = "sk-test", "small"
Trouble = Literal["", "html", "no choices", "cut off", "no usage"]
_TAKES = {
    "max_completion_tokens", "messages", "model", "n", "parallel_tool_calls", "reasoning_effort",
    "response_format", "seed", "stream", "temperature", "tool_choice", "tools", "top_p", "user",
}  # fmt: skip
"""Fields of a request. `max_tokens` is not among them: models that reason refuse it."""
_SCHEMA_TAKES = {
    "$defs", "$ref", "additionalProperties", "anyOf", "const", "description", "enum", "format", "items",
    "maxItems", "maximum", "minItems", "minimum", "multipleOf", "pattern", "properties", "required", "title",
    "type",
}  # fmt: skip
"""Keywords of a schema with `strict`."""


class Refused(Exception):
    """The endpoint takes no such request."""

    def __init__(self, status: int, code: str | None, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Endpoint:
    """What the model says next, and what it was asked."""

    def __init__(self) -> None:
        self.says: dict[str, Any] | str | None = {}
        """A proposal, or the very text of the message; None when it declines."""
        self.ends: Literal["stop", "length", "content_filter"] = "stop"
        self.status = 200
        self.trouble: Trouble = ""
        self.stalls = threading.Event()
        self.stalls.set()
        self.asked: list[dict[str, Any]] = []
        self.url = ""

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            request = _checked(path, headers, body)
        except Refused as error:
            kind = {"message": str(error), "type": "invalid_request_error", "param": None, "code": error.code}
            return error.status, {"error": kind}
        self.asked.append(request)
        if self.status == 429:
            said = "Rate limit reached for small in organization org-1 on requests per min (RPM): Limit 3, Used 3."
            return 429, {
                "error": {"message": said, "type": "requests", "param": None, "code": "rate_limit_exceeded"}
            }
        if self.status != 200:
            said = "The server had an error while processing your request. Sorry about that!"
            return self.status, {"error": {"message": said, "type": "server_error", "param": None, "code": None}}
        return 200, self._completion()

    def _completion(self) -> dict[str, Any]:
        text = json.dumps(self.says) if isinstance(self.says, dict) else self.says
        declines = "I'm sorry, I cannot assist with that request." if text is None else None
        message = {"role": "assistant", "content": text, "refusal": declines, "annotations": []}
        choice = {"index": 0, "finish_reason": self.ends, "logprobs": None, "message": message}
        usage = {"prompt_tokens": 210, "completion_tokens": 30, "total_tokens": 240}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "small-2026",
            "choices": [] if self.trouble == "no choices" else [choice],
            **({} if self.trouble == "no usage" else {"usage": usage}),
        }


def _checked(path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The request. Raises Refused."""
    if headers.get("Authorization") != f"Bearer {KEY}":
        raise Refused(401, "invalid_api_key", "Incorrect API key provided: sk-***.")
    if path != "/v1/chat/completions":
        raise Refused(404, None, f"Invalid URL (POST {path})")
    request = json.loads(body)
    if request.get("model") != MODEL:
        said = f"The model `{request.get('model')}` does not exist or you do not have access to it."
        raise Refused(404, "model_not_found", said)
    if unknown := sorted(request.keys() - _TAKES):
        raise Refused(400, "unsupported_parameter", f"Unsupported parameter: '{unknown[0]}'")
    if not request.get("messages") or any(
        message["role"] not in ("system", "developer", "user", "assistant") or not message["content"]
        for message in request["messages"]
    ):
        raise Refused(400, None, "Invalid 'messages'")
    _check_format(request.get("response_format") or {})
    return request


def _check_format(given: dict[str, Any]) -> None:
    asked = given.get("json_schema") or {}
    name = str(asked.get("name", ""))
    if given.get("type") != "json_schema" or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
        raise Refused(400, None, "Invalid 'response_format'")
    if asked.get("strict") is not True:
        raise Refused(400, None, "This endpoint wants strict schemas, so that answers have their shape")
    if asked["schema"].get("type") != "object":
        raise Refused(400, None, f"Invalid schema for response_format '{name}': schema must be of type 'object'")
    _check_schema(name, asked["schema"])


def _check_schema(name: str, schema: dict[str, Any]) -> None:
    """Every object names all its properties as required, and takes no others; only some keywords are known."""
    invalid = f"Invalid schema for response_format '{name}': "
    if unknown := sorted(schema.keys() - _SCHEMA_TAKES):
        raise Refused(400, None, f"{invalid}'{unknown[0]}' is not permitted.")
    properties: dict[str, Any] = schema.get("properties", {})
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            raise Refused(400, None, f"{invalid}'additionalProperties' is required to be false.")
        if set(schema.get("required", ())) != properties.keys():
            raise Refused(400, None, f"{invalid}'required' must include every key in properties.")
    inner = [*properties.values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())]
    for each in [*inner, *([schema["items"]] if "items" in schema else [])]:
        _check_schema(name, each)


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
            data, kind = json.dumps(answer).encode(), "application/json"
            if model.trouble == "html":
                data, kind = b"<html><h1>502 Bad Gateway</h1></html>", "text/html"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            if status == 429:
                self.send_header("Retry-After", "60")
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if model.trouble == "cut off" else data)
            self.close_connection = model.trouble == "cut off"

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    model.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield model
    finally:
        model.stalls.set()
        server.shutdown()
        server.server_close()
