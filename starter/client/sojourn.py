"""The client itself: one connection to a server, and the calls that send events."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

import httpx
from pydantic_core import from_json, to_json

from starter.client.approvals import ApprovalCalls
from starter.client.audit import AuditCalls
from starter.client.catalogue import CatalogueCalls
from starter.client.changes import ChangeCalls
from starter.client.customers import CustomerCalls
from starter.client.errors import Refused, Unavailable
from starter.client.experiments import ExperimentCalls
from starter.client.guardrails import GuardrailCalls
from starter.client.suppressions import SuppressionCalls

BATCH_ITEMS = 100
BATCH_BYTES = 450_000
"""Below what the server takes in one request."""

_LONGEST_WAIT = 60.0
_TIMEOUT = 15.0


class Sojourn:
    """A connection to one Sojourn server. `write_key` sends events; `token` is a person's, for approvals.
    A request is tried `attempts` times before it counts as unavailable."""

    def __init__(
        self,
        url: str,
        write_key: str = "",
        *,
        token: str = "",
        attempts: int = 8,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._http = httpx.AsyncClient(base_url=url, transport=transport, timeout=_TIMEOUT)
        self._write_key = write_key
        self._token = token
        self._attempts = attempts
        self._sleep = sleep

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def track(
        self,
        user_id: str,
        event: str,
        properties: Mapping[str, Any] | None = None,
        *,
        anonymous_id: str | None = None,
        timestamp: datetime | None = None,
        message_id: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> str:
        """Tell what a customer did, and give the event's id. Raises SojournError."""
        item = {"type": "track", "event": event, "properties": dict(properties or {})}
        return await self._send_one(item, user_id, anonymous_id, timestamp, message_id, context)

    async def identify(
        self,
        user_id: str,
        traits: Mapping[str, Any] | None = None,
        *,
        anonymous_id: str | None = None,
        timestamp: datetime | None = None,
        message_id: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> str:
        """Tell who a customer is, and give the event's id. Raises SojournError."""
        item = {"type": "identify", "traits": dict(traits or {})}
        return await self._send_one(item, user_id, anonymous_id, timestamp, message_id, context)

    async def start_journey(
        self,
        journey: str,
        user_id: str,
        properties: Mapping[str, Any] | None = None,
        *,
        anonymous_id: str | None = None,
        timestamp: datetime | None = None,
        message_id: str | None = None,
    ) -> str:
        """Ask for a run of a journey that calls of the API start, and give the event's id. Its own rules say
        whether it starts. Raises SojournError; Refused when there is no such journey."""
        item = {"properties": dict(properties or {})}
        path = f"/v1/journeys/{quote(journey, safe='')}/runs"
        return await self._send_one(item, user_id, anonymous_id, timestamp, message_id, None, path)

    async def batch(self, items: Iterable[Mapping[str, Any]]) -> int:
        """Send items of Segment's shape in their order, and give how many. An item without a `messageId`
        gets one. Raises SojournError; the requests before the one that failed are durable then."""
        count = 0
        for chunk in _chunks(_with_ids(items)):
            await self._post("/v1/batch", {"batch": chunk})
            count += len(chunk)
        return count

    @property
    def approvals(self) -> ApprovalCalls:
        """What waits for a person, and their decisions."""
        return ApprovalCalls(self._ask)

    @property
    def audit(self) -> AuditCalls:
        """The log of who did what, for people."""
        return AuditCalls(self._answer)

    @property
    def customers(self) -> CustomerCalls:
        """What is known of customers, for people."""
        return CustomerCalls(self._ask)

    @property
    def catalogue(self) -> CatalogueCalls:
        """The products on sale."""
        return CatalogueCalls(self._ask)

    @property
    def suppressions(self) -> SuppressionCalls:
        """Addresses that nothing is sent to, for people."""
        return SuppressionCalls(self._ask)

    @property
    def experiments(self) -> ExperimentCalls:
        """What is tried, by which plan and with which result, for people."""
        return ExperimentCalls(self._ask)

    @property
    def changes(self) -> ChangeCalls:
        """Versions of journeys that wait for a review, for people."""
        return ChangeCalls(self._ask)

    @property
    def guardrails(self) -> GuardrailCalls:
        """What is watched while journeys run, for people."""
        return GuardrailCalls(self._ask)

    async def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        return cast(dict[str, Any], (await self._answer(method, path, **request)).json())

    async def _answer(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        return await self._until_taken(lambda: self._http.request(method, path, headers=headers, **request))

    async def _send_one(
        self,
        item: dict[str, Any],
        user_id: str,
        anonymous_id: str | None,
        timestamp: datetime | None,
        message_id: str | None,
        context: Mapping[str, Any] | None,
        path: str = "",
    ) -> str:
        event_id = message_id or _new_id()
        given = {
            "messageId": event_id,
            "userId": user_id,
            "anonymousId": anonymous_id,
            "timestamp": timestamp or datetime.now(UTC),
            "context": context,
        }
        await self._post(
            path or f"/v1/{item['type']}", {**item, **{key: value for key, value in given.items() if value}}
        )
        return event_id

    async def _post(self, path: str, content: Mapping[str, Any]) -> None:
        async def post() -> httpx.Response:
            # Our clock as of this attempt: from it the server knows how wrong the clock is.
            body = to_json({**content, "sentAt": datetime.now(UTC)})
            headers = {"Content-Type": "application/json"}
            return await self._http.post(path, content=body, headers=headers, auth=(self._write_key, ""))

        await self._until_taken(post)

    async def _until_taken(self, request: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Ask until the server answers for good, with growing pauses or those that it asks for."""
        why, wait = "", 0.0
        for attempt in range(self._attempts):
            if attempt:
                await self._sleep(wait)
            wait = min(0.5 * 2 ** min(attempt, 10), _LONGEST_WAIT)
            try:
                answer = await request()
            except httpx.TransportError as error:
                why = f"{type(error).__name__}: {error}"
                continue
            if answer.is_success:
                return answer
            if answer.status_code != 429 and answer.status_code < 500:
                raise _refused(answer)
            wait, why = _asked_to_wait(answer, wait), f"HTTP {answer.status_code}"
        raise Unavailable(f"the server did not take it in {self._attempts} attempts: {why}")


def _new_id() -> str:
    return f"py_{secrets.token_hex(16)}"


def _with_ids(items: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for item in items:
        yield item if item.get("messageId") else {**item, "messageId": _new_id()}


def _chunks(items: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Requests as large as the server takes."""
    chunk: list[Mapping[str, Any]] = []
    size = 0
    for item in items:
        length = len(to_json(item)) + 1
        if chunk and (len(chunk) >= BATCH_ITEMS or size + length > BATCH_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += length
    if chunk:
        yield chunk


def _asked_to_wait(answer: httpx.Response, otherwise: float) -> float:
    """Seconds that the server asks to wait for, if it says so in a way we know."""
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), _LONGEST_WAIT) if asked.isdecimal() else otherwise


def _refused(answer: httpx.Response) -> Refused:
    try:
        body: object = from_json(answer.content)
    except ValueError:
        body = None
    told = cast(dict[str, Any], body) if isinstance(body, dict) else {}
    return Refused(
        answer.status_code, str(told.get("code", "")), str(told.get("message", f"HTTP {answer.status_code}"))
    )
