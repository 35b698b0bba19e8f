"""Chains the entries of the audit log, some at a time, in the order in which they were written.

Whoever writes an entry never waits for another: entries are plain rows until a sealer comes by. Any number of
sealers may run; a lock lets one at a time chain. An entry whose transaction was slow to commit gets its place
after those that were faster, whatever its number.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.chain import GENESIS, Trail, reached_from
from store.locks import take_turn
from store.tables import AuditEntry

AT_ONCE = 500
"""Entries that one transaction chains."""
HEAD = r"[0-9]{1,18}:[0-9a-f]{64}"
"""How a head is written, as a regular expression."""


@dataclass(frozen=True)
class Head:
    """The end of the chain: how many entries it has, and the hash of the last."""

    count: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        return f"{self.count}:{self.hash}"


def head_from(text: str) -> Head:
    """A head from COUNT:HASH. Raises ValueError for what is none."""
    if not re.fullmatch(HEAD, text):
        raise ValueError(f"'{text}' is not COUNT:HASH")
    count, _, reached = text.partition(":")
    return Head(int(count), reached)


async def head_of(session: AsyncSession) -> Head:
    """The end of the chain as it is."""
    query = select(AuditEntry.position, AuditEntry.hash).where(col(AuditEntry.position).is_not(None))
    found = (await session.exec(query.order_by(col(AuditEntry.position).desc()).limit(1))).first()
    return Head(found[0] or 0, found[1]) if found else Head()


async def hash_at(session: AsyncSession, position: int) -> str | None:
    """The hash of the entry at a place, the genesis hash at none; None when the chain does not go so far."""
    if position == 0:
        return GENESIS
    return (await session.exec(select(AuditEntry.hash).where(col(AuditEntry.position) == position))).first()


async def count_loose(session: AsyncSession) -> int:
    """How many entries are not chained yet."""
    return (await session.exec(select(func.count()).where(col(AuditEntry.position).is_(None)))).one()


async def seal(session: AsyncSession) -> int:
    """Chain the next entries, and give how many. It needs a transaction of its own."""
    await take_turn(session, "audit")
    loose = select(AuditEntry).where(col(AuditEntry.position).is_(None)).order_by(col(AuditEntry.id))
    entries = (await session.exec(loose.limit(AT_ONCE))).all()
    if entries:
        trail = Trail(await _hashes_at(session, reached_from((await head_of(session)).count)))
        for entry in entries:
            trail.link(entry)
            session.add(entry)
    return len(entries)


async def _hashes_at(session: AsyncSession, positions: Iterable[int]) -> dict[int, str]:
    query = select(AuditEntry.position, AuditEntry.hash).where(col(AuditEntry.position).in_(list(positions)))
    return {0: GENESIS} | {position or 0: reached for position, reached in (await session.exec(query)).all()}
