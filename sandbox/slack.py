"""Slack's `chat.postMessage`, as Slack answers it."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import accidents
from sandbox.faults import Answer, Fault, Faults
from sandbox.mailbox import Mailbox, Message

_LONGEST = 40_000
_KNOWN = {
    "channel", "text", "blocks", "attachments", "metadata", "mrkdwn", "parse", "link_names", "reply_broadcast",
    "thread_ts", "unfurl_links", "unfurl_media", "username", "icon_emoji", "icon_url", "markdown_text",
}  # fmt: skip
_BY_STATUS = {429: "ratelimited", 500: "internal_error", 503: "service_unavailable"}


@dataclass(frozen=True)
class Slack:
    mailbox: Mailbox
    faults: Faults
    token: str
    channel_id: str
    """The one channel that the bot is in."""

    async def send(self, request: Request) -> Response:
        """POST /api/chat.postMessage"""
        given = request.headers.get("Authorization", "")
        if not given:
            return _error("not_authed")
        if not secrets.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return _error("invalid_auth")
        try:
            body = TypeAdapter(dict[str, Any]).validate_json(await request.body())
        except ValidationError:
            return _error("invalid_json")
        refusal = self._refusal(body)
        return _error(refusal) if refusal else await self._answer(request, body)

    def _refusal(self, body: dict[str, Any]) -> str:
        """The error with which Slack refuses a message, or empty."""
        text, metadata = body.get("text", ""), body.get("metadata", {"event_type": "x", "event_payload": {}})
        wrong = {
            "invalid_arguments": not body.keys() <= _KNOWN or not isinstance(text, str),
            "channel_not_found": body.get("channel") != self.channel_id,
            "no_text": not str(text).strip() and not body.get("blocks"),
            "msg_too_long": len(str(text)) > _LONGEST,
            "invalid_metadata_format": not isinstance(metadata, dict)
            or metadata.keys() != {"event_type", "event_payload"},  # pyright: ignore[reportUnknownMemberType] JSON
        }
        return next((code for code, is_wrong in wrong.items() if is_wrong), "")

    async def _answer(self, request: Request, body: dict[str, Any]) -> Response:
        now = datetime.now(UTC).timestamp()
        ts = f"{int(now)}.{len(self.mailbox.messages):06d}"

        def take() -> Message:
            payload = body.get("metadata", {}).get("event_payload", {})
            content = {"request": body, "shown": body["text"]}
            place, delivery_id = f"{self.channel_id}/{ts}", str(payload.get("delivery_id", ""))
            return self.mailbox.add("slack", self.channel_id, delivery_id, place, body["text"], content)

        fault = self.faults.take(self.channel_id)
        if wrong := await accidents.instead_of_yes(fault, request, self.faults, take, _refused):
            return wrong
        take()
        return JSONResponse({"ok": True, "channel": self.channel_id, "ts": ts, "message": {"text": body["text"]}})


def _refused(fault: Fault) -> Response:
    """A planned fault, by Slack's word for it or the HTTP status."""
    answer: Answer = fault.answer
    return _error(_BY_STATUS.get(answer, "fatal_error") if isinstance(answer, int) else answer, fault.retry_after)


def _error(code: str, retry_after: int | None = None) -> Response:
    """Slack answers 200 to all but a rate limit, which always says how long to wait."""
    if code == "ratelimited":
        return JSONResponse({"ok": False, "error": code}, 429, {"Retry-After": str(retry_after or 1)})
    return JSONResponse({"ok": False, "error": code})
