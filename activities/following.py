"""Keeps the policies of a worker those that are live in the store, without a restart."""

import asyncio
import logging
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from activities.live import Live
from policies.model import Policy
from policies.registry import load_policies
from store.database import Database
from store.files import live_files
from yamlfile import FileProblems

LOOK_AGAIN_S = 1.0
"""Seconds after which a version that went live is noticed."""
_POLICIES = "policies.yaml"

_log = logging.getLogger(__name__)


class Following:
    """Follows what is live for one worker, beside its sends: they read nothing more than before."""

    def __init__(self, database: Database, policies: Live[tuple[Policy, ...]]) -> None:
        self._database = database
        self._policies = policies
        self._version = ""

    async def look(self) -> None:
        """Take up what is live by now; where nothing was ever published what was loaded stays.

        Raises yamlfile.FileProblems for policies that this release does not know; what held then goes on to.
        """
        async with self._database.reading() as session:
            live = await live_files(session, _POLICIES)
        if live is not None and live.version != self._version:
            self._policies.now = load_policies(Path(_POLICIES), live.files[_POLICIES])
            self._version = live.version

    async def keep_looking(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_AGAIN_S)
            try:
                await self.look()
            except (FileProblems, SQLAlchemyError, OSError) as error:
                _log.warning("what is live cannot be taken up now: %s", error)
