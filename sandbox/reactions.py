"""What recipients do with what they get, on request: open, click, answer, complain. The vendor of a message calls
back about it, signed as it signs, without being asked for each call."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.callbacks.model import About, Caller, tell
from sandbox.mailbox import Mailbox, Message

_REMEMBERED = 500


class Reaction(BaseModel):
    """What is done, in this order, with a share of the messages: to one recipient, or to all. The share is drawn
    by `seed`, the same messages in the same order each time."""

    model_config = ConfigDict(extra="forbid")

    does: Annotated[tuple[str, ...], Field(min_length=1)]
    """In the words of the callers: delivered, opened, clicked, replied, complained, bounced hard..."""
    recipient: str = ""
    share: float = Field(default=1, gt=0, le=1)
    seed: int = 0
    after: float = Field(default=1, ge=0)
    """Seconds before the first, and between two."""
    times: int | None = Field(default=None, ge=1)
    """How many messages it is done with; None is every one."""


@dataclass
class _Rule:
    reaction: Reaction
    met: int = 0
    done: int = 0

    def takes(self, message: Message) -> bool:
        """Whether something is done with a message that just came."""
        if self.reaction.recipient not in ("", message.recipient) or self.done == self.reaction.times:
            return False
        self.met += 1
        drawn = hashlib.sha256(f"{self.reaction.seed}.{self.met}".encode()).digest()
        if int.from_bytes(drawn[:8]) >= self.reaction.share * 2**64:
            return False
        self.done += 1
        return True


@dataclass
class Reactions:
    """What is asked for, and what came of it. Vendors that call nobody back, such as a mail server, do nothing."""

    mailbox: Mailbox
    callers: Mapping[str, Caller]
    addresses: dict[str, str] = field(default_factory=dict[str, str])
    """By vendor: the address that it calls. The sandbox calls this machine alone."""
    rules: list[_Rule] = field(default_factory=list[_Rule])
    told: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    """The last calls: about which message, what was said, and the answer."""
    acting: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    """What is under way."""

    def __post_init__(self) -> None:
        self.mailbox.arrivals.append(self._arrived)

    def add(self, reaction: Reaction) -> None:
        """Do this with messages from now on."""
        self.rules.append(_Rule(reaction))

    async def close(self) -> None:
        """Stop whatever is still to be done."""
        for task in self.acting:
            task.cancel()
        await asyncio.gather(*self.acting, return_exceptions=True)

    def routes(self) -> list[Route]:
        """Where it is asked for."""
        return [
            Route("/reactions", self._ask, methods=["POST"]),
            Route("/reactions", self._show, methods=["GET"]),
            Route("/reactions", self._end, methods=["DELETE"]),
            Route("/webhook-addresses", self._register, methods=["PUT"]),
        ]

    def _arrived(self, message: Message) -> None:
        for rule in self.rules:
            if message.vendor in self.callers and rule.takes(message):
                task = asyncio.create_task(self._act(message, rule.reaction))
                self.acting.add(task)
                task.add_done_callback(self.acting.discard)

    async def _act(self, message: Message, reaction: Reaction) -> None:
        caller = self.callers[message.vendor]
        for what in reaction.does:
            await asyncio.sleep(reaction.after)
            if what in caller.tells:
                answer = await self._tell(caller, what, message)
                about = {"number": message.number, "vendor": caller.vendor}
                self.told.append({**about, "told": what, "answer": answer})
        del self.told[:-_REMEMBERED]

    async def _tell(self, caller: Caller, what: str, message: Message) -> str:
        address = self.addresses.get(caller.vendor)
        if address is None:
            return "nobody gave this vendor an address to call"
        # Twilio calls the address that came with the message, and echoes nothing but what stands in it.
        callback: str = message.content.get("request", {}).get("StatusCallback", "")
        query = urlsplit(callback).query
        about = About(message.delivery_id, message.vendor_id, message.recipient, datetime.now(UTC))
        try:
            answer = await tell(caller, f"{address}?{query}" if query else address, what, about)
        except (httpx.HTTPError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        return str(answer.status_code)

    async def _ask(self, request: Request) -> Response:
        """POST /reactions"""
        words = sorted({word for caller in self.callers.values() for word in caller.tells})
        try:
            reaction = Reaction.model_validate_json(await request.body())
        except ValidationError as error:
            problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
            return JSONResponse({"problems": problems, "words": words}, 400)
        if unknown := [what for what in reaction.does if what not in words]:
            return JSONResponse(
                {"problems": [f"no vendor tells '{what}'" for what in unknown], "words": words}, 400
            )
        self.add(reaction)
        return Response(status_code=204)

    async def _show(self, request: Request) -> Response:
        """GET /reactions"""
        rules = [{**rule.reaction.model_dump(), "done": rule.done} for rule in self.rules]
        return JSONResponse({"reactions": rules, "addresses": self.addresses, "told": self.told})

    async def _end(self, request: Request) -> Response:
        """DELETE /reactions"""
        self.rules.clear()
        return Response(status_code=204)

    async def _register(self, request: Request) -> Response:
        """PUT /webhook-addresses: by vendor, the address that it calls, as one sets it in its console."""
        given = await request.json()
        problems = [
            f"{vendor}: no such vendor, or an address that is not on 127.0.0.1"
            for vendor, url in given.items()
            if vendor not in self.callers or httpx.URL(url).host != "127.0.0.1"
        ]
        if problems:
            return JSONResponse({"problems": problems, "vendors": sorted(self.callers)}, 400)
        self.addresses.update(given)
        return Response(status_code=204)
