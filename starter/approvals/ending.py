"""Tells the audit log of standing grants whose time is over: nobody ends those."""

import asyncio
import logging
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from store.database import Database
from store.grants import tell_expired

_LOOK_AGAIN_S = 60.0

_log = logging.getLogger(__name__)


async def keep_telling_of_grants(database: Database) -> None:
    """Tell each minute which grants have ended, until cancelled. Every process may do it: each is told once."""
    while True:
        try:
            async with database.transaction() as session:
                await tell_expired(session, datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            _log.warning("the audit log cannot be told which grants have ended now: %s", error)
        await asyncio.sleep(_LOOK_AGAIN_S)
