"""Leadership: which of several processes does a job, by a lease in the store."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from store.database import Database
from store.leases import release_lease, take_lease

TERM = timedelta(seconds=5)
"""How long a leader may be silent before another takes over."""


class Leadership:
    """Holds one lease for as long as it is asked to."""

    def __init__(self, database: Database, job: str, owner: str) -> None:
        self._database = database
        self._job = job
        self._owner = owner
        self._until = float("-inf")

    async def hold(self) -> bool:
        """Take or keep the lead; False while another process has it. Asks the store twice a term at most."""
        began = _now()
        if self._until - began > TERM.total_seconds() / 2:
            return True
        async with self._database.transaction() as session:
            taken = await take_lease(session, self._job, self._owner, datetime.now(UTC), TERM)
        self._until = began + TERM.total_seconds() if taken else float("-inf")
        return taken

    def holds(self) -> bool:
        """Whether the lead is still ours, as far as we know without asking."""
        return _now() < self._until

    async def resign(self) -> None:
        """Let another process lead at once; without a database the lease runs out by itself."""
        if self.holds():
            self._until = float("-inf")
            with contextlib.suppress(SQLAlchemyError, OSError):
                async with self._database.transaction() as session:
                    await release_lease(session, self._job, self._owner)


def _now() -> float:
    return asyncio.get_running_loop().time()
