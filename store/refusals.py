"""Refusals told in the audit log so that someone who guesses all night does not fill it.

The first refusal of a kind in a minute is written at once; those that follow in the minute are counted, and the
count is written at its end. Of a minute a process tells sixty kinds one by one, and counts the others together.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from store.audit import record
from store.database import Database

UNKNOWN = "someone unknown"

_A_WHILE = timedelta(minutes=1)
_MOST = 60
"""Kinds of refusals of one process that are told one by one in a while."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refused:
    """What refusals have in common that are counted together. It names doors, runs, people and reasons, and a
    customer by nothing but their opaque id."""

    subject: str
    reason: str
    by: str = UNKNOWN
    marks: tuple[tuple[str, str], ...] = ()
    """Further names and values that the log is to have."""
    customer_id: str = ""


_OTHERS = Refused("door:any", "more kinds of refusals than are told one by one", "several")


class Refusals:
    """Tells the audit log of what one process refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._since = datetime.now(UTC)
        self._seen: set[Refused] = set()
        self._further: Counter[Refused] = Counter()

    async def add(self, refused: Refused) -> None:
        """Something was refused just now."""
        now = datetime.now(UTC)
        if now - self._since >= _A_WHILE:
            await self.tell()
        if refused in self._seen:
            self._further[refused] += 1
        elif len(self._seen) >= _MOST:
            self._further[_OTHERS] += 1
        else:
            self._seen.add(refused)
            _log.warning("%s was refused at %s: %s", refused.by, refused.subject, refused.reason)
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

    async def _keep(self, counts: dict[Refused, int], at: datetime) -> None:
        """Write entries; where the database is away a door still answers."""
        if not counts:
            return
        try:
            async with self._database.transaction() as session:
                for refused, count in counts.items():
                    facts = {"reason": refused.reason, "count": count, **dict(refused.marks)}
                    record(
                        session,
                        "refusal",
                        refused.subject,
                        refused.by,
                        facts,
                        at=at,
                        customer_id=refused.customer_id,
                    )
        except (SQLAlchemyError, OSError) as error:
            _log.warning("%d refusals cannot be written into the audit log: %s", sum(counts.values()), error)
