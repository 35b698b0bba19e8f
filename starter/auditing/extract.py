"""An extract of the audit log: some entries, with the proof of their places and without what stands between them.

Each line is a JSON object. The first says the form, and through which head the extract leads, if its reader knows
one. Then come entries, and between them links, which are the places of entries that are not told. Each commits to
the line before it, by the hash of the entry right before it or by that of the earlier one: see store.chain. The
last line names the head to which they lead.
"""

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.chain import between, content, place
from store.sealing import Head, head_of
from store.tables import AuditEntry

FORM = "sojourn audit extract 1"


async def extract_lines(
    session: AsyncSession,
    chosen: AsyncGenerator[AuditEntry],
    through: Head | None = None,
    tell: Callable[[int], None] = lambda _: None,
) -> AsyncGenerator[str]:
    """The lines of an extract of entries that are chained, in the order of the chain. It leads from the first of
    them to the log's head, and through a head that is given. `tell` is told how many of them were given so far."""
    yield _line({"form": FORM, "through": str(through) if through else ""})
    at = given = 0
    known = through.count if through else 0
    async for entry in chosen:
        position = entry.position or 0
        for line in await _links(session, _way(at, position, known)):
            yield line
        yield _line({**place(entry), **content(entry), "evidence": entry.evidence, "hash": entry.hash})
        at, given = position, given + 1
        tell(given)
    head = await head_of(session)
    rest = [*_way(at, head.count, known), head.count] if at < head.count else []
    for line in await _links(session, rest):
        yield line
    yield _line({"head": str(head)})


def _way(start: int, end: int, through: int) -> list[int]:
    """Where the links stand that lead from one position to another, both left out."""
    if start < through < end:
        return [*_way(start, through, 0), through, *_way(through, end, 0)]
    return between(start, end) if start else []


async def _links(session: AsyncSession, positions: Sequence[int]) -> list[str]:
    if not positions:
        return []
    query = select(AuditEntry).where(col(AuditEntry.position).in_(positions)).order_by(col(AuditEntry.position))
    return [_line({**place(row), "hash": row.hash}) for row in (await session.exec(query)).all()]


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value) + "\n"
