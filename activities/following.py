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
from store.files import live_files
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
        self._version = ""
        self._approved_at = _changed_at(library.approvals)
        self._said = ""

    async def look(self) -> None:
        """Take up what is live and what is approved by now; where no policies were ever published those that were
        loaded stay.

        Raises yamlfile.FileProblems for policies that this release does not know, and for content with problems;
        what held then goes on to.
        """
        async with self._database.reading() as session:
            live = await live_files(session, _POLICIES)
        if live is not None and live.version != self._version:
            self._policies.now = load_policies(Path(_POLICIES), live.files[_POLICIES])
            self._version = live.version
        if (approved_at := _changed_at(self._library.approvals)) != self._approved_at:
            # Reading templates takes a while: messages go on being made meanwhile.
            self._library.take_up(await asyncio.to_thread(self._library.read_again))
            self._approved_at = approved_at

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


def _changed_at(file: Path) -> int:
    """When a file was last written, in nanoseconds; 0 where there is none."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
