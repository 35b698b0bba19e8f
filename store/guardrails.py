"""How the guardrails of journeys stand: found again at every look, tripped until a person re-arms."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import case, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.audit import record
from store.paging import Page, read_page
from store.tables import Guardrail


async def guardrails(session: AsyncSession, journey: str = "", state: str = "") -> Sequence[Guardrail]:
    """Guardrails of one journey or of all, in one state or in any; tripped ones come first."""
    query = select(Guardrail)
    query = query.where(col(Guardrail.journey) == journey) if journey else query
    query = query.where(col(Guardrail.state) == state) if state else query
    rows = (await session.exec(query)).all()
    return sorted(rows, key=lambda row: (_ORDER.index(row.state), row.journey, row.name, row.channel))


async def list_guardrails(session: AsyncSession, state: str = "", number: int = 1) -> Page[Guardrail]:
    """Guardrails of every journey, tripped ones first; in one state when it is given."""
    order = case((col(Guardrail.state) == "tripped", 0), (col(Guardrail.state) == "warned", 1), else_=2)
    query = select(Guardrail).order_by(order, col(Guardrail.journey), col(Guardrail.name), col(Guardrail.channel))
    query = query.where(col(Guardrail.state) == state) if state else query
    return await read_page(session, query, number)


async def find_guardrail(session: AsyncSession, key: tuple[str, str, str]) -> Guardrail | None:
    """One by journey, channel and name, which no other transaction changes until this one ends."""
    return await session.get(Guardrail, key, with_for_update=True, populate_existing=True)


async def tripped(session: AsyncSession, *journeys: str) -> Guardrail | None:
    """The guardrail by which one of some journeys is rolled back, the first that tripped; None when none did."""
    return next((row for row in await _tripped(session, *journeys) if not row.split), None)


async def tripped_at(session: AsyncSession, journey: str, split: str) -> Sequence[Guardrail]:
    """The guardrails by which a journey is rolled back, or arms of one of its splits are closed, in the order in
    which they tripped."""
    return [row for row in await _tripped(session, journey) if row.split in ("", split)]


async def _tripped(session: AsyncSession, *journeys: str) -> Sequence[Guardrail]:
    query = select(Guardrail).where(col(Guardrail.journey).in_(journeys), col(Guardrail.state) == "tripped")
    order = col(Guardrail.since), col(Guardrail.name), col(Guardrail.channel)
    return (await session.exec(query.order_by(*order))).all()


async def untold(session: AsyncSession, spared_since: datetime) -> list[Guardrail]:
    """Those that warned or tripped and of which the operators do not know yet, tripped ones first. Of one that
    warns they are not told again when they were told of it since a moment."""
    rows = [row for row in await guardrails(session) if row.state not in ("ok", row.told)]
    spared = [row for row in rows if row.state == "warned" and row.told_at and row.told_at >= spared_since]
    return [row for row in rows if row not in spared]


async def mark_told(session: AsyncSession, known: Guardrail, at: datetime) -> None:
    """The operators know of a guardrail as it was read."""
    row = await find_guardrail(session, (known.journey, known.channel, known.name))
    if row is not None and row.state == known.state:
        row.told, row.told_at = row.state, at
        session.add(row)


async def rearm(
    session: AsyncSession, journey: str, *, name: str = "", reason: str, by: str, at: datetime
) -> list[Guardrail]:
    """Let tripped guardrails of a journey start anew, all or those of one name: what happened before `at` (UTC)
    counts no more, planners choose again once none is tripped, and closed arms are open. Gives those that were
    tripped.

    The journey's tier stays as strict as it is: only a change that others agree to loosens it.
    """
    query = select(Guardrail).where(col(Guardrail.journey) == journey, col(Guardrail.state) == "tripped")
    query = query.where(col(Guardrail.name) == name) if name else query
    rows = list((await session.exec(query.with_for_update())).all())
    for row in rows:
        facts = {"what": "re-armed", "value": row.value, "limit": row.limit, "was": row.why, "reason": reason}
        record(session, "change", subject_of(row), by, facts, at=at)
        row.state, row.told, row.since, row.why = "ok", "ok", at, f"re-armed by {by}: {reason}"
        row.score, row.value, row.rearmed_by, row.rearmed_at = 0.0, 0.0, by, at
        row.counted_to = _next_hour(at) if row.counted_to else None
        session.add(row)
    return rows


def subject_of(row: Guardrail) -> str:
    """What the audit log calls a guardrail."""
    return ":".join(part for part in ("guardrail", row.journey, row.name, row.channel) if part)


def _next_hour(at: datetime) -> datetime:
    """Messages are counted by whole hours: the one in which it tripped must not trip it again."""
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


_ORDER = ("tripped", "warned", "ok")
