"""Whom an id token proves, and every reason why it proves nobody (OpenID Connect Core 1.0, 3.1.3.6 and .7)."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from project.access import SignIn

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Public keys only: with a shared secret, whoever checks a token could also make one."""
_LEEWAY = timedelta(seconds=30)
"""How far the provider's clock may be from ours."""


class SignInRefused(Exception):
    """What came back does not prove who someone is. The message says why, for them and for the log."""


@dataclass(frozen=True)
class ProvedPerson:
    """Whom the provider says is there. The address is in lower case."""

    email: str
    name: str
    groups: frozenset[str]
    """Of the provider, not of the project."""


@dataclass(frozen=True)
class TokenAnswer:
    """What the provider gave for a code."""

    id_token: str
    access_token: str


def prove(answer: TokenAnswer, keys: KeySet, rules: SignIn, nonce: str, now: datetime) -> ProvedPerson:
    """Whom an answer proves to us, on the errand of this nonce. Raises SignInRefused."""
    try:
        token = jwt.decode(answer.id_token, keys, algorithms=list(_ALGORITHMS))
        _registry(rules, nonce, now).validate(token.claims)
        _see_to_whom(token.claims, rules.client_id)
        _see_to_access_token(token, answer.access_token)
        return _person(token.claims, rules.groups_claim)
    except (JoseError, ValueError) as error:
        raise SignInRefused(f"The provider's token does not hold: {error}.") from error


def _registry(rules: SignIn, nonce: str, now: datetime) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=int(_LEEWAY.total_seconds()),
        iss={"essential": True, "value": rules.issuer},
        aud={"essential": True, "value": rules.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )


def _see_to_whom(claims: dict[str, Any], ours: str) -> None:
    """A token for several applications says which of them asked. Raises ValueError when that was not us."""
    audience = cast(list[str], claims["aud"]) if isinstance(claims["aud"], list) else [claims["aud"]]
    asked_by = claims.get("azp", ours if audience == [ours] else None)
    if asked_by != ours:
        raise ValueError("it was issued to another application")


def _see_to_access_token(token: jwt.Token, access_token: str) -> None:
    """The half hash of the access token beside it, where the provider gives one. Raises ValueError."""
    expected = token.claims.get("at_hash")
    if expected is None:
        return
    size = {"384": "sha384", "512": "sha512", "519": "sha512"}.get(str(token.header["alg"])[-3:], "sha256")
    digest = hashlib.new(size, access_token.encode()).digest()
    if base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode() != expected:
        raise ValueError("it belongs to another access token")


def _person(claims: dict[str, Any], groups_claim: str) -> ProvedPerson:
    email = claims.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise ValueError("it names no mail address; have the provider put 'email' into the id token")
    if claims.get("email_verified") is False:
        raise ValueError("the provider has not verified the mail address")
    named: object = claims.get(groups_claim) or []
    groups = cast(list[object], named) if isinstance(named, list) else [named]
    name = str(claims.get("name") or email)
    return ProvedPerson(email=email.lower(), name=name, groups=frozenset(map(str, groups)))
