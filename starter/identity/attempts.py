"""Who came in, and who was refused and why: into the audit log, for whoever looks after the installation."""

import hmac
import logging
import secrets
from datetime import UTC, date, datetime

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from store.audit import record
from store.database import Database
from store.refusals import UNKNOWN, Refusals, Refused

_log = logging.getLogger(__name__)


class Attempts:
    """Tells of logins and of refusals. What it is given names doors, people and reasons, and no customer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.refusals = Refusals(database)
        self._salt = secrets.token_bytes(32)
        self._today: tuple[date, set[str]] = (datetime.now(UTC).date(), set())

    async def signed_in(self, email: str, way: str) -> None:
        """Someone opened a session: by `token`, by `name` in a demonstration, or at the `provider`."""
        await self._keep_login("console", email, {"what": "signed in", "way": way})

    async def signed_out(self, email: str) -> None:
        """Someone ended their session."""
        await self._keep_login("console", email, {"what": "signed out"})

    async def called(self, by: str) -> None:
        """Someone's token, or a service's, opened a door of the API. Told once a day (UTC) of each by a process:
        a service calls a thousand times a second."""
        today = datetime.now(UTC).date()
        if self._today[0] != today:
            self._today = (today, set())
        if by in self._today[1]:
            return
        self._today[1].add(by)
        try:
            await self._keep_login("api", by, {"what": "called", "way": "token"})
        except (SQLAlchemyError, OSError) as error:
            _log.warning("that %s called cannot be written into the audit log: %s", by, error)

    async def refused(self, door: str, reason: str, by: str = UNKNOWN, request: Request | None = None) -> None:
        """A door refused an attempt. `door` is a permission, or a place such as `sign-in`. Of the request only a
        mark of its address is kept, by which refusals of one caller are told from those of others while this
        process runs, and nobody can be found."""
        await self.refusals.add(Refused(f"door:{door}", reason, by, (("caller", self._mark(request)),)))

    async def _keep_login(self, door: str, by: str, facts: dict[str, str]) -> None:
        async with self._database.transaction() as session:
            record(session, "login", door, by, facts, at=datetime.now(UTC))

    def _mark(self, request: Request | None) -> str:
        if request is None or request.client is None:
            return ""
        return hmac.digest(self._salt, request.client.host.encode(), "sha256").hex()[:12]
