"""Whom to tell of an approval: written in the transaction of what happened to it, taken by whoever tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, delete, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Approval, Notice

_AT_ONCE = 20
_TO_TELL = timedelta(minutes=5)
"""Within which they all are told: an alert takes at most ten seconds."""


@dataclass(frozen=True)
class Taken:
    """A notice to tell of, whom it concerns, and what it is about."""

    notice: Notice
    groups: tuple[str, ...]
    approval: Approval


async def remind(session: AsyncSession, approval_id: str, at: datetime) -> None:
    """The group that an open question is put to is reminded of it, at `at` (UTC). Twice is as good as once."""
    approval = await session.get(Approval, approval_id)
    if approval is None or approval.state != "open":
        return
    same = select(Notice).where(col(Notice.approval_id) == approval_id, col(Notice.kind) == "reminder")
    if (await session.exec(same.where(col(Notice.at) == at))).first() is None:
        session.add(Notice(approval_id=approval_id, audience=approval.group, kind="reminder", at=at))


async def take_notices(session: AsyncSession, now: datetime) -> list[Taken]:
    """Some of the notices that nobody was told of, and that nobody else is about to tell at `now` (UTC). Who takes
    them tells and then notes it; what was not noted in time is taken again. What is no longer so is dropped."""
    free = or_(col(Notice.taken_until).is_(None), col(Notice.taken_until) <= now)
    query = select(Notice).where(col(Notice.told_at).is_(None), free).order_by(col(Notice.id)).limit(_AT_ONCE)
    taken: list[Taken] = []
    for notice in (await session.exec(query.with_for_update(skip_locked=True))).all():
        approval = await session.get(Approval, notice.approval_id)
        if approval is None or not (groups := await _to_tell(session, notice, approval)):
            await session.exec(delete(Notice).where(col(Notice.id) == notice.id))
            continue
        notice.taken_until = now + _TO_TELL
        session.add(notice)
        taken.append(Taken(notice, tuple(groups), approval))
    return taken


async def note_told(session: AsyncSession, notice: Notice, now: datetime) -> None:
    """Everyone whom a notice concerns was told at `now` (UTC), and is not told again."""
    await session.exec(update(Notice).where(col(Notice.id) == notice.id).values(told_at=now))


async def _to_tell(session: AsyncSession, notice: Notice, approval: Approval) -> Sequence[str]:
    """The groups that a notice still concerns."""
    if notice.kind != "withdrawn":
        return [notice.audience] if (approval.state, approval.group) == ("open", notice.audience) else []
    # Whoever is being told at this moment will have been.
    told = select(Notice.audience).where(
        col(Notice.approval_id) == approval.id, col(Notice.taken_until).is_not(None), col(Notice.audience) != ""
    )
    return sorted(set((await session.exec(told)).all()))
