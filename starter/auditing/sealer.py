"""Chains the audit log beside the doors, and keeps its head outside the database."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from starter.auditing.anchor import Anchor, AnchorBroken
from starter.services import Services
from store.database import Database
from store.sealing import count_loose, hash_at, head_of, seal

LOOK_AGAIN_S = 1.0
"""Seconds for which an entry may stand unchained."""

_log = logging.getLogger(__name__)


async def keep_sealing(services: Services) -> None:
    """Chain what was written, until cancelled. Every process may do it; one at a time does."""
    anchor = Anchor(services.settings)
    while True:
        try:
            await seal_all(services.database, anchor)
        except (SQLAlchemyError, OSError, AnchorBroken) as error:
            _log.warning("the audit log cannot be chained now: %s", error)
        await asyncio.sleep(LOOK_AGAIN_S)


async def seal_all(database: Database, anchor: Anchor) -> int:
    """Chain every entry there is and keep the new head; gives how many were chained.

    The kept head is replaced only by one that follows from it: a log that was cut short or chained anew must not
    become the truth by growing again. Raises AnchorBroken when it does not, after chaining.
    """
    async with database.reading() as session:
        waiting = await count_loose(session)
    sealed = 0
    while sealed < waiting:
        async with database.transaction() as session:
            now = await seal(session)
        if now == 0:
            break
        sealed += now
    if sealed:
        await _keep_head(database, anchor)
    return sealed


async def _keep_head(database: Database, anchor: Anchor) -> None:
    kept = anchor.read()
    async with database.reading() as session:
        head = await head_of(session)
        if kept and await hash_at(session, kept.count) != kept.hash:
            raise AnchorBroken(
                f"the log does not hold the head in {anchor.file}; 'sojourn audit verify' says what is wrong"
            )
    if kept is None or head.count > kept.count:
        anchor.keep(head)
