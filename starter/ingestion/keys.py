"""The write key of a request, wherever its sender put it. A key brings events in and does nothing else."""

import base64
import binascii

from starlette.requests import Request

from access import WriteKey
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


def known_key(request: Request, given: object) -> WriteKey:
    """The project's key that is given. Raises Refused."""
    key = services_of(request).project.write_key(given)
    if key is None:
        raise Refused(401, "unknown_write_key", "the write key is missing or not one of this project")
    return key


def _user(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
