"""Keeps the policies of a worker, and its content, those that are live in the store."""

import asyncio
import logging
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from activities.live import Live
from content.library import Library
from deciding.live_content import take_up_live
from policies.model import Policy
from policies.registry import load_policies
from store.database import Database
from store.files import FilesWatch
from yamlfile import FileProblems

LOOK_AGAIN_S = 1.0
"""Seconds after which it is noticed that policies or content went live."""
_POLICIES = "policies.yaml"

_log = logging.getLogger(__name__)


class Following:
    """Follows for one worker, beside its sends: they read nothing more than before."""

    def __init__(self, database: Database, policies: Live[tuple[Policy, ...]], library: Library) -> None:
        self._database = database
        self._policies = policies
        self._library = library
        self._watch = FilesWatch(_POLICIES)
        self._said = ""

    async def look(self) -> None:
        """Take up what is live by now; what was never published stays as it was loaded.

        Raises yamlfile.FileProblems for what this release cannot read; what held then goes on to.
        """
        async with self._database.reading() as session:
            live = await self._watch.news(session)
            if live is not None:
                self._policies.now = load_policies(Path(_POLICIES), live[_POLICIES])
                self._library.judge_by(self._policies.now)
            await take_up_live(session, self._library)

    async def keep_looking(self) -> None:
        """Look again and again, until cancelled. What is wrong is told once."""
        while True:
            await asyncio.sleep(LOOK_AGAIN_S)
            try:
                await self.look()
                self._said = ""
            except (FileProblems, SQLAlchemyError, OSError) as error:
                if str(error) != self._said:
                    self._said = str(error)
                    _log.warning("what is live cannot be taken up now: %s", error)
