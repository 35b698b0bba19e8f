"""Who calls an API: people and services, known by their tokens, refused with words that say what to do.

A token comes as `Authorization: Bearer ...`. Every endpoint names the permission it needs with `may`.
Every refusal is `{"code", "message"}`; one for the lack of a token or a role is in the audit log as well.
"""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from project.access import Permission, Person, who_may
from starter.identity.people import person_with_token
from starter.identity.tokens import PREFIX, speaks_as
from starter.services import Services, Shared

_ATTEMPTS = frozenset({403, 409, 410, 422})
"""The statuses of refusals that are told: of what is not theirs, is another by now, or came too late. A typing
mistake, and what may be tried again, are not."""


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
    """Who calls, for an endpoint: `caller: Annotated[Person, may("customers:read")]`.

    A service is taken for the person whose decisions it brings, or for one of its own name. Whoever lacks the
    permission is refused, and the attempt is noted."""

    async def caller(request: Request, services: Shared) -> Person:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            await services.attempts.refused(permission, "no token", request=request)
            raise Unauthorized("Send your token as 'Authorization: Bearer <token>'.")
        if given.strip().startswith(PREFIX):
            return await _service(request, services, given.strip(), permission)
        person = person_with_token(services.project, given.strip())
        if person is None:
            await services.attempts.refused(permission, "a token that nobody has", request=request)
            raise Unauthorized("Nobody in sojourn.yaml has this token. Check it, or ask for a new one.")
        await see_to(services, person, permission)
        await services.attempts.called(person.email)
        return person

    return Depends(caller)


async def _service(request: Request, services: Services, given: str, permission: Permission) -> Person:
    token = await services.tokens.find(given)
    if token is None:
        await services.attempts.refused(permission, "a service's token that does not count", request=request)
        raise Unauthorized("This token is unknown, expired or revoked. 'sojourn token create' makes a new one.")
    if permission not in token.scopes:
        await services.attempts.refused(permission, "a token without this scope", f"token:{token.name}", request)
        raise Forbidden(f"The token '{token.name}' has no scope {permission}; it has: {', '.join(token.scopes)}.")
    await services.attempts.called(f"token:{token.name}")
    return speaks_as(token)


async def see_to(services: Services, person: Person, permission: Permission) -> None:
    """Note and raise Forbidden when someone has no role that may do this."""
    if services.project.may(person, permission):
        return
    await services.attempts.refused(permission, "no role that may", by=person.email)
    raise Forbidden(f"That needs the role {who_may(permission)}. 'groups' in sojourn.yaml gives roles to groups.")


@asynccontextmanager
async def noting_refusals(services: Services, subject: str, person: Person) -> AsyncGenerator[None]:
    """Tell the audit log of a decision about `subject` that a person tried and that is refused, whatever the door;
    the refusal goes on to it. The words of some refusals quote a message: of these the log gets the code."""
    try:
        yield
    except Refusal as refusal:
        if refusal.status in _ATTEMPTS:
            reason = str(refusal) if refusal.status == 403 else refusal.code.replace("_", " ")
            await services.attempts.refused(subject, reason, by=person.email)
        raise


def _refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status, headers)


def _what_is_wrong(error: RequestValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
