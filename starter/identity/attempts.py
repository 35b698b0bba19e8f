"""Who came in, and who was refused and why: into the audit log, for whoever looks after the installation.

Someone who guesses all night must not fill the log. The first refusal of a kind in a minute (at one door, for one
reason, of one caller) is written at once; those that follow in the minute are counted, and the count is written at
its end. Of a minute a process tells sixty kinds one by one, and counts the others together.
"""

import asyncio
import hmac
import logging
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from store.audit import record
from store.database import Database

_A_WHILE = timedelta(minutes=1)
_MOST = 60
"""Kinds of refusals of one process that are told one by one in a while."""
_OTHERS = "more kinds of refusals than are told one by one"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Refused:
    """What refusals have in common that are counted together."""

    door: str
    reason: str
    by: str
    caller: str


class Attempts:
    """Tells of logins and of refusals. What it is given names doors, people and reasons, and no customer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._salt = secrets.token_bytes(32)
        self._since = datetime.now(UTC)
        self._seen: set[_Refused] = set()
        self._further: Counter[_Refused] = Counter()
        self._today: tuple[date, set[str]] = (self._since.date(), set())

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

    async def refused(
        self, door: str, reason: str, by: str = "someone unknown", request: Request | None = None
    ) -> None:
        """A door refused an attempt. `door` is a permission, or a place such as `sign-in`. Of the request only a
        mark of its address is kept, by which refusals of one caller are told from those of others while this
        process runs, and nobody can be found."""
        now = datetime.now(UTC)
        if now - self._since >= _A_WHILE:
            await self.tell()
        refused = _Refused(door, reason, by, self._mark(request))
        if refused in self._seen:
            self._further[refused] += 1
        elif len(self._seen) >= _MOST:
            self._further[_Refused("any", _OTHERS, "several", "")] += 1
        else:
            self._seen.add(refused)
            _log.warning("%s was refused at %s: %s", by, door, reason)
            await self._keep({refused: 1}, now)

    async def tell(self) -> None:
        """Write how many more there were of each kind since the last time, and begin anew."""
        further, self._further, self._seen = self._further, Counter(), set()
        self._since = now = datetime.now(UTC)
        await self._keep(further, now)

    async def keep_telling(self) -> None:
        """Tell every minute, and what is left when cancelled."""
        try:
            while True:
                await asyncio.sleep(_A_WHILE.total_seconds())
                await self.tell()
        finally:
            await self.tell()

    async def _keep_login(self, door: str, by: str, facts: dict[str, str]) -> None:
        async with self._database.transaction() as session:
            record(session, "login", door, by, facts, at=datetime.now(UTC))

    async def _keep(self, counts: dict[_Refused, int], at: datetime) -> None:
        """Write entries; where the database is away a door still answers."""
        if not counts:
            return
        try:
            async with self._database.transaction() as session:
                for refused, count in counts.items():
                    facts = {"reason": refused.reason, "count": count, "caller": refused.caller}
                    record(session, "refusal", f"door:{refused.door}", refused.by, facts, at=at)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("%d refusals cannot be written into the audit log: %s", sum(counts.values()), error)

    def _mark(self, request: Request | None) -> str:
        if request is None or request.client is None:
            return ""
        return hmac.digest(self._salt, request.client.host.encode(), "sha256").hex()[:12]
