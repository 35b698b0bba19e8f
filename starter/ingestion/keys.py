"""What a request that brings events proves itself with, wherever its sender put it: one of the project's write
keys, which may be public and do nothing else, or a service's token with the scope."""

import base64
import binascii

from starlette.requests import Request

from project.access import Permission, WriteKey
from starter.identity.tokens import PREFIX
from starter.ingestion.answers import Refused
from starter.services import services_of


def key_beside_body(request: Request) -> str | None:
    """The key that comes beside the body, or None when there is none: the user of Basic, the token of Bearer,
    or `access_token` in the address, which is how CloudEvents' webhooks carry one."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        return _user(credentials)
    return request.query_params.get("access_token")


async def known_key(request: Request, given: object, permission: Permission = "events:write") -> WriteKey:
    """What is given, as a write key of the events it may bring. Raises Refused."""
    services = services_of(request)
    if isinstance(given, str) and given.startswith(PREFIX):
        return await _of_a_service(request, given, permission)
    key = services.project.write_key(given)
    if key is None:
        await services.attempts.refused(
            permission, "a write key that is missing or that nobody has", request=request
        )
        raise Refused(401, "unknown_write_key", "the write key is missing or not one of this project")
    return key


async def _of_a_service(request: Request, given: str, permission: Permission) -> WriteKey:
    services = services_of(request)
    token = await services.tokens.find(given)
    if token is None:
        await services.attempts.refused(permission, "a service's token that does not count", request=request)
        raise Refused(401, "unknown_token", "this token is unknown, expired or revoked")
    if permission not in token.scopes:
        await services.attempts.refused(permission, "a token without this scope", f"token:{token.name}", request)
        raise Refused(403, "forbidden", f"this token has no scope {permission}; it has: {', '.join(token.scopes)}")
    await services.attempts.called(f"token:{token.name}")
    return WriteKey(key=given, events=None if token.events is None else tuple(token.events))


def _user(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
