"""Answers as the senders of events understand them.

Exactly `200` once everything is durable; some clients send again on any other success. Every refusal is
`{"code", "message"}`, and one that asks to come back says in how many seconds, as whole numbers.
"""

from collections.abc import Awaitable, Callable

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from starter.ingestion.acceptance import ingestion_of
from starter.ingestion.pressure import Backlogged, NotAccepted

ACCEPTED = b'{"success":true}'


class Refused(Exception):
    """The request is answered with an error and nothing of it was kept."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        self.status = status
        self.code = code
        self.retry_after = retry_after
        super().__init__(message)


Door = Callable[[Request], Awaitable[None]]


def answering(door: Door, accepted: bytes = ACCEPTED) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a door: its success, with the body `accepted`, and its refusals."""

    async def answer(request: Request) -> Response:
        try:
            with ingestion_of(request).pressure.one_more():
                await door(request)
        except Refused as refused:
            return _refusal(refused)
        except NotAccepted as error:
            ingestion_of(request).tally.add({"held_back": 1})
            status, code = (429, "backlogged") if isinstance(error, Backlogged) else (503, "unavailable")
            return _refusal(Refused(status, code, str(error), error.retry_after))
        return Response(accepted, 200, media_type="application/json")

    return answer


def _refusal(refused: Refused) -> Response:
    seconds = str(refused.retry_after)
    again = {"Retry-After": seconds, "X-RateLimit-Reset": seconds} if refused.retry_after is not None else {}
    body = to_json({"code": refused.code, "message": str(refused)})
    return Response(body, refused.status, again, "application/json")
