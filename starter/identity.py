"""Who is asking: people of the project, known by their token or by the cookie of a signed-in session."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from settings import Person, Project

SESSION_LIFE = timedelta(hours=12)
PRIVACY = "privacy"
"""The group whose members may export and erase customers."""
_READERS = {PRIVACY, "ops"}


@dataclass(frozen=True)
class Session:
    """Someone who is signed in. `form_token` must come with every form they post."""

    person: Person
    form_token: str


class Sessions:
    """Opens sessions and reads them back. Nothing is stored: the cookie is signed with the installation's
    secret, and ends when the person leaves the project or gets another token."""

    def __init__(self, project: Project, secret: str) -> None:
        self._project = project
        self._cookie_key = _derive(secret, b"sojourn console sessions")
        self._form_key = _derive(secret, b"sojourn console forms")

    def open(self, person: Person, now: datetime) -> str:
        """The cookie of a new session that ends after SESSION_LIFE."""
        claims = {
            "sub": person.email,
            "sid": secrets.token_urlsafe(16),
            "token": _fingerprint(person),
            "exp": now + SESSION_LIFE,
        }
        return jwt.encode(claims, self._cookie_key, algorithm="HS256")

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie, or None when it is not ours, has ended or was revoked."""
        try:
            claims: dict[str, Any] = jwt.decode(
                cookie, self._cookie_key, algorithms=["HS256"], options={"require": ["sub", "sid", "token", "exp"]}
            )
        except jwt.InvalidTokenError:
            return None
        person = find_person(self._project, str(claims["sub"]))
        if person is None or not hmac.compare_digest(str(claims["token"]), _fingerprint(person)):
            return None
        form_token = hmac.new(self._form_key, str(claims["sid"]).encode(), hashlib.sha256).hexdigest()
        return Session(person=person, form_token=form_token)


def find_person(project: Project, email: str) -> Person | None:
    """The person with this address, or None."""
    return next((person for person in project.people if person.email == email), None)


def person_with_token(project: Project, token: str) -> Person | None:
    """The person whose token this is, or None. Takes the same time whoever it is."""
    given, found = hashlib.sha256(token.encode()).digest(), None
    for person in project.people:
        if hmac.compare_digest(hashlib.sha256(person.token.encode()).digest(), given):
            found = person
    return found


def may_erase(person: Person) -> bool:
    """Whether someone may export and erase customers."""
    return PRIVACY in person.groups


def may_merge(person: Person) -> bool:
    """Whether someone may say that two customers are one, or that one is two."""
    return not _READERS.isdisjoint(person.groups)


def may_read_payloads(person: Person) -> bool:
    """Whether someone may read in the Temporal UI what runs were told of their customers."""
    return not _READERS.isdisjoint(person.groups)


def _fingerprint(person: Person) -> str:
    return hashlib.sha256(person.token.encode()).hexdigest()[:16]


def _derive(secret: str, label: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=label).derive(secret.encode())
