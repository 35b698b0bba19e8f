"""People who ask over HTTP, known by their token as `Authorization: Bearer ...`. Every refusal is
`{"code", "message"}`."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from settings import Person
from starter.identity import person_with_token
from starter.services import Shared


class Unauthorized(Exception):
    """Nobody known is asking."""


class CallerRoute(APIRoute):
    """The route of an endpoint that people call: it answers refusals as they are read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Unauthorized as error:
                return refusal(401, "unauthorized", str(error), {"WWW-Authenticate": "Bearer"})
            except RequestValidationError as error:
                return refusal(400, "invalid", _what_is_wrong(error))

        return answer


def _caller(request: Request, services: Shared) -> Person:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("Send your token from sojourn.yaml as 'Authorization: Bearer <token>'.")
    person = person_with_token(services.project, token.strip())
    if person is None:
        raise Unauthorized("Nobody in sojourn.yaml has this token. Check it, or ask for a new one.")
    return person


Caller = Annotated[Person, Depends(_caller)]
"""The person who asks. Raises Unauthorized."""


def refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    """The answer to what is refused."""
    return JSONResponse({"code": code, "message": message}, status, headers)


def _what_is_wrong(error: RequestValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
