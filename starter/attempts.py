"""Who came in, and who was refused and why: into the audit log, for whoever looks after the installation."""

import logging
from datetime import UTC, datetime, timedelta

from store.audit import Kind, record
from store.database import Database

_A_WHILE = timedelta(minutes=1)
_MOST = 60
"""Refusals of one process that are kept in a while. Someone who guesses all night must not fill the database."""

_log = logging.getLogger(__name__)


class Attempts:
    """Tells of logins and of refusals. What it is given names doors, people and reasons, and no customer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._since = datetime.min.replace(tzinfo=UTC)
        self._kept = 0

    async def signed_in(self, email: str, way: str) -> None:
        """Someone opened a session: by `token`, by `name` in a demonstration, or at the `provider`."""
        await self._keep("login", "console", email, {"way": way}, datetime.now(UTC))

    async def refused(self, door: str, reason: str, by: str = "someone unknown") -> None:
        """A door refused an attempt. `door` is a permission, or a place such as `sign-in`."""
        _log.warning("%s was refused at %s: %s", by, door, reason)
        now = datetime.now(UTC)
        if now - self._since >= _A_WHILE:
            self._since, self._kept = now, 0
        self._kept += 1
        if self._kept <= _MOST:
            await self._keep("refusal", f"door:{door}", by, {"reason": reason}, now)

    async def _keep(self, kind: Kind, subject: str, by: str, facts: dict[str, str], at: datetime) -> None:
        async with self._database.transaction() as session:
            record(session, kind, subject, by, facts, at=at)
