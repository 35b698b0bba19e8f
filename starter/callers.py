"""Who calls an API that people use: known by their token, refused with words that say what to do.

A person's token comes as `Authorization: Bearer ...`. Every endpoint names the permission it needs with `may`.
Every refusal is `{"code", "message"}`; one for the lack of a token or a role is in the audit log as well.
"""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from access import Permission, Person, who_may
from starter.identity import person_with_token
from starter.services import Services, Shared


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


def may(permission: Permission) -> Any:
    """The person who calls, for an endpoint: `caller: Annotated[Person, may("customers:read")]`.

    Whoever lacks the permission is refused, and the attempt is noted."""

    async def caller(request: Request, services: Shared) -> Person:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("Send your token from sojourn.yaml as 'Authorization: Bearer <token>'.")
        person = person_with_token(services.project, token.strip())
        if person is None:
            await services.attempts.refused(permission, "a token that nobody has")
            raise Unauthorized("Nobody in sojourn.yaml has this token. Check it, or ask for a new one.")
        await see_to(services, person, permission)
        return person

    return Depends(caller)


async def see_to(services: Services, person: Person, permission: Permission) -> None:
    """Note and raise Forbidden when someone has no role that may do this."""
    if services.project.may(person, permission):
        return
    await services.attempts.refused(permission, "no role that may", by=person.email)
    raise Forbidden(f"That needs the role {who_may(permission)}. 'groups' in sojourn.yaml gives roles to groups.")


def _refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status, headers)


def _what_is_wrong(error: RequestValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
