"""Who asks from a page of the shop, and how they are answered.

The write key is in every page of the shop, so any site may ask as well as the shop's own.
"""

import hashlib
import hmac
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from starter.ingestion.incoming import Who
from starter.services import Services
from store.identity import owners_of

_FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)

    @property
    def answer(self) -> Response:
        return answer({"code": self.code, "message": str(self)}, self.status)


async def who_asks(request: Request, services: Services, identity_secret: str) -> Who:
    """Whom a page names, or nobody. With an `identity_secret` it must prove that the shop's server named a user,
    for user ids can be guessed. Raises Refused."""
    given = request.query_params
    if services.project.write_key(given.get("writeKey")) is None:
        reason = "a write key that is missing or that nobody has"
        await services.attempts.refused("surfaces", reason, request=request)
        raise Refused(401, "unknown_write_key", "the write key is missing or not one of this project")
    who = Who(user_id=given.get("userId", ""), anonymous_id=given.get("anonymousId", ""))
    if who.user_id and identity_secret and not _proves(identity_secret, who.user_id, given.get("userHash", "")):
        await services.attempts.refused("surfaces", "a user id that is not proved", request=request)
        raise Refused(403, "unproven_user", "userHash: it is not this user id's HMAC with the identity secret")
    return who


async def customer_of(services: Services, who: Who) -> str | None:
    """The customer, or None when nobody is known by that id. Raises Refused when no id is given."""
    if not who.known_as:
        raise Refused(400, "nobody", "userId: a userId or an anonymousId is missing")
    # The stronger id alone: on a device that others use, an anonymous id may be theirs.
    known = who.known_as[0]
    async with services.database.reading() as session:
        return (await owners_of(session, [known])).get(known)


def answer(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer that a page of any site may read."""
    return Response(to_json(body), status, {**_FROM_ANYWHERE, **(headers or {})}, "application/json")


def _proves(secret: str, user_id: str, given: str) -> bool:
    proof = hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(proof.encode(), given.encode())
