"""Keeps the policies of a worker those that are live in the store, and its content what is approved by now."""

import asyncio
import logging
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from activities.live import Live
from content.library import Library
from policies.model import Policy
from policies.registry import load_policies
from store.database import Database
from store.files import FilesWatch
from yamlfile import FileProblems

LOOK_AGAIN_S = 1.0
"""Seconds after which it is noticed that policies went live, or that content was approved."""
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
        """Take up what is live and what is approved by now; where no policies were ever published those that were
        loaded stay.

        Raises yamlfile.FileProblems for policies that this release does not know, and for content with problems;
        what held then goes on to.
        """
        async with self._database.reading() as session:
            live = await self._watch.news(session)
        if live is not None:
            self._policies.now = load_policies(Path(_POLICIES), live[_POLICIES])
            self._library.judge_by(self._policies.now)
        if self._library.outdated:
            await asyncio.to_thread(self._library.renew)

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
