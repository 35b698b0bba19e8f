"""Who is asking: people known by their token, or by the cookie of a session that they opened with it or at the
identity provider."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from project.access import Person, groups_of
from project.model import Project
from starter.identity.openid.claims import ProvedPerson

SESSION_LIFE = timedelta(hours=12)


@dataclass(frozen=True)
class Session:
    """Someone who is signed in. `form_token` must come with every form they post."""

    person: Person
    form_token: str


class Sessions:
    """Opens sessions and reads them back. Nothing is stored: the cookie is signed with the installation's
    secret, and ends when the person leaves the project, gets another token, or is in no group any more."""

    def __init__(self, project: Project, secret: str) -> None:
        self._project = project
        self._cookie_key = derive_key(secret, b"sojourn console sessions")
        self._form_key = derive_key(secret, b"sojourn console forms")

    def open(self, person: Person, now: datetime) -> str:
        """The cookie of a new session of someone with a token. It ends after SESSION_LIFE."""
        return self._sign({"sub": person.email, "token": _fingerprint(person.token)}, now)

    def open_proved(self, proved: ProvedPerson, now: datetime) -> str:
        """The same for someone whom the identity provider proved. Only those of their groups are kept that
        matter here: what they mean is looked up with every request."""
        matter = {name for group in self._project.groups.values() for name in group.members_of}
        claims = {"sub": proved.email, "name": proved.name, "groups": sorted(proved.groups & matter)}
        return self._sign({**claims, "provider": self._provider()}, now)

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie, or None when it is not ours, has ended or was revoked."""
        try:
            claims: dict[str, Any] = jwt.decode(
                cookie, self._cookie_key, algorithms=["HS256"], options={"require": ["sub", "sid", "exp"]}
            )
        except jwt.InvalidTokenError:
            return None
        person = self._from_provider(claims) if "provider" in claims else self._with_token(claims)
        if person is None:
            return None
        form_token = hmac.new(self._form_key, str(claims["sid"]).encode(), hashlib.sha256).hexdigest()
        return Session(person=person, form_token=form_token)

    def _sign(self, claims: dict[str, Any], now: datetime) -> str:
        standing = {"sid": secrets.token_urlsafe(16), "exp": now + SESSION_LIFE}
        return jwt.encode({**claims, **standing}, self._cookie_key, algorithm="HS256")

    def _with_token(self, claims: dict[str, Any]) -> Person | None:
        person = find_person(self._project, str(claims["sub"]))
        known = person and hmac.compare_digest(str(claims.get("token")), _fingerprint(person.token))
        return person if known else None

    def _from_provider(self, claims: dict[str, Any]) -> Person | None:
        groups = groups_of(self._project.groups, frozenset(claims["groups"]))
        if not groups or self._project.sign_in is None or claims["provider"] != self._provider():
            return None
        return Person(email=claims["sub"], name=claims["name"], groups=groups)

    def _provider(self) -> str:
        """Which provider, and as which client: a session is of no other."""
        rules = self._project.sign_in
        return _fingerprint(f"{rules.issuer}\n{rules.client_id}") if rules else ""


def find_person(project: Project, email: str) -> Person | None:
    """The person with this address, or None."""
    return next((person for person in project.people if person.email == email), None)


def person_with_token(project: Project, token: str) -> Person | None:
    """The person whose token this is, or None. Takes the same time whoever it is."""
    given, found = hashlib.sha256(token.encode()).digest(), None
    for person in project.people:
        if person.token and hmac.compare_digest(hashlib.sha256(person.token.encode()).digest(), given):
            found = person
    return found


def derive_key(secret: str, label: bytes) -> bytes:
    """A key for one purpose, made from the installation's secret."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=label).derive(secret.encode())


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
