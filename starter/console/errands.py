"""The cookie in which a browser carries its errand to the identity provider and back."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import jwt
from fastapi import Request, Response

from starter.identity.openid.signing_in import Errand
from starter.identity.people import derive_key
from starter.services import Services

_COOKIE = "sojourn_errand"
_PATH = "/sign-in"
_LIFE = timedelta(minutes=10)
"""How long someone has at the provider: time for a password and a second factor."""


def give(answer: Response, services: Services, errand: Errand) -> None:
    """Let the browser carry the errand. Lax, because it comes back by a link from another site."""
    claims = {**asdict(errand), "exp": datetime.now(UTC) + _LIFE}
    answer.set_cookie(
        _COOKIE,
        jwt.encode(claims, _key(services), algorithm="HS256"),
        max_age=int(_LIFE.total_seconds()),
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=services.settings.public_url.startswith("https:"),
    )


def take(request: Request, services: Services) -> Errand | None:
    """The errand that the browser carries, or None when it has none of ours, or was away for too long."""
    try:
        claims = jwt.decode(
            request.cookies.get(_COOKIE, ""), _key(services), algorithms=["HS256"], options={"require": ["exp"]}
        )
    except jwt.InvalidTokenError:
        return None
    del claims["exp"]
    return Errand(**claims)


def end(answer: Response) -> None:
    """Take the errand from the browser: whatever came of it, it is not used twice."""
    answer.delete_cookie(_COOKIE, path=_PATH, httponly=True, samesite="lax")


def _key(services: Services) -> bytes:
    return derive_key(services.secret, b"sojourn sign-in errands")
