"""Who calls an API that people use: known by their token, refused with words that say what to do.

A person's token comes as `Authorization: Bearer ...`. Every refusal is `{"code", "message"}`.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from settings import Person
from starter.identity import person_with_token
from starter.services import Shared


class Refusal(Exception):
    """A call that is answered with an error. The message tells the caller why, and what to do."""

    code: ClassVar[str]
    status: ClassVar[int]
    """The HTTP status with which a door answers."""


class Unauthorized(Refusal):
    """Nobody known is asking."""

    code, status = "unauthorized", 401


class Forbidden(Refusal):
    """This person may not do it."""

    code, status = "forbidden", 403


class CallerRoute(APIRoute):
    """The route of an endpoint that people call: it answers refusals as they are read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None
                return _refusal(refusal.status, refusal.code, str(refusal), headers)
            except RequestValidationError as error:
                return _refusal(400, "invalid", _what_is_wrong(error))

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
"""The person who calls. Without one the call is refused."""


def _refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status, headers)


def _what_is_wrong(error: RequestValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
