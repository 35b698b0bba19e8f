"""Tokens of services: what one may do, for as long as it is neither expired nor revoked."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from project.access import Permission, Person
from store.database import Database
from store.tables import ApiToken
from store.tokens import find_token, note_use

PREFIX = "sjn_"
"""What every token begins with, so that doors tell it from other secrets, and scanners find it where it leaked."""
_REMEMBERED = timedelta(seconds=5)
"""How long a process goes on believing in a token: so long it may still open doors after it was revoked."""
_USE_NOTED_EVERY = timedelta(minutes=1)


class Tokens:
    """The tokens of one installation, as its doors ask for them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[ApiToken, datetime]] = {}

    async def find(self, given: str) -> ApiToken | None:
        """The token that is given, or None when it is none of ours, expired or revoked."""
        now, digest = datetime.now(UTC), digest_of(given)
        known = self._known.get(digest)
        if known is None or now - known[1] >= _REMEMBERED:
            self._known.pop(digest, None)
            async with self._database.reading() as session:
                token = await find_token(session, digest)
            if token is None:
                return None
            self._known[digest] = known = (token, now)
        token = known[0]
        if token.revoked_at is not None or token.expires_at <= now:
            return None
        await self._note(token, now)
        return token

    async def _note(self, token: ApiToken, now: datetime) -> None:
        if token.last_used_at is not None and now - token.last_used_at < _USE_NOTED_EVERY:
            return
        token.last_used_at = now
        async with self._database.transaction() as session:
            await note_use(session, token.id, now)


def make_token(
    name: str,
    scopes: Sequence[Permission],
    by: str,
    life: timedelta,
    *,
    acts_for: str = "",
    groups: Sequence[str] = (),
    events: Sequence[str] | None = None,
) -> tuple[str, ApiToken]:
    """A new token, which nobody can read again, and the row to keep."""
    secret, now = f"{PREFIX}{secrets.token_urlsafe(32)}", datetime.now(UTC)
    row = ApiToken(
        id=f"t_{secrets.token_hex(6)}",
        name=name,
        digest=digest_of(secret),
        scopes=list(scopes),
        events=None if events is None else list(events),
        acts_for=acts_for.lower(),
        groups=list(groups),
        created_at=now,
        created_by=by,
        expires_at=now + life,
    )
    return secret, row


def speaks_as(token: ApiToken) -> Person:
    """Who a door takes the service for: the person whose decisions it brings, or the service itself."""
    return Person(email=token.acts_for or f"token:{token.name}", name=token.name, groups=tuple(token.groups))


def digest_of(secret: str) -> str:
    """How a token is kept. It is random enough that a plain digest gives nothing away."""
    return hashlib.sha256(secret.encode()).hexdigest()
