"""Counts what became of the events that came in, for whoever looks after the installation.

Counts are kept in memory and written every second, so that no request pays for them: what a process had not
yet written when it was killed is missing from the counts, never from the events.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from store.database import Database
from store.intake import Count, add_counts

_EVERY = 1.0

_log = logging.getLogger(__name__)


class Tally:
    """The counts of one process that are not yet written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._new: Counter[Count] = Counter()

    def add(self, counts: Mapping[Count, int]) -> None:
        """Count something that happened now."""
        self._new.update(counts)

    async def run(self) -> None:
        """Write the counts every second, and what is left when cancelled."""
        try:
            while True:
                await asyncio.sleep(_EVERY)
                await self._write_safely()
        finally:
            await self._write_safely()

    async def write(self) -> None:
        """Write what was counted since the last time."""
        counts, self._new = +self._new, Counter()
        if not counts:
            return
        try:
            async with self._database.transaction() as session:
                await add_counts(session, datetime.now(UTC).date(), counts)
        except BaseException:
            self._new.update(counts)
            raise

    async def _write_safely(self) -> None:
        try:
            await self.write()
        except (SQLAlchemyError, OSError) as error:
            _log.warning("the counts of events cannot be written now: %s", error)
