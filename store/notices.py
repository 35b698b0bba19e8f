"""Whom to tell of an approval: written in the transaction of what happened to it, taken by whoever tells."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Approval, Notice

_AT_ONCE = 20


async def remind(session: AsyncSession, approval_id: str, at: datetime) -> None:
    """The group that an open question is put to is reminded of it, at `at` (UTC). Twice is as good as once."""
    approval = await session.get(Approval, approval_id)
    if approval is None or approval.state != "open":
        return
    same = select(Notice).where(col(Notice.approval_id) == approval_id, col(Notice.kind) == "reminder")
    if (await session.exec(same.where(col(Notice.at) == at))).first() is None:
        session.add(Notice(approval_id=approval_id, audience=approval.group, kind="reminder", at=at))


async def take_notices(session: AsyncSession, now: datetime) -> list[tuple[str, str, Approval]]:
    """Some of the notices that nobody was told of: the group, the kind, and the approval. They count as told at
    `now` (UTC), so that a group is never told twice. What is no longer so is dropped."""
    query = select(Notice).where(col(Notice.told_at).is_(None)).order_by(col(Notice.id)).limit(_AT_ONCE)
    taken: list[tuple[str, str, Approval]] = []
    for notice in (await session.exec(query.with_for_update(skip_locked=True))).all():
        approval = await session.get(Approval, notice.approval_id)
        if approval is None or not (groups := await _to_tell(session, notice, approval)):
            await session.exec(delete(Notice).where(col(Notice.id) == notice.id))
            continue
        notice.told_at = now
        session.add(notice)
        taken += [(group, notice.kind, approval) for group in groups]
    return taken


async def _to_tell(session: AsyncSession, notice: Notice, approval: Approval) -> Sequence[str]:
    """The groups that a notice still concerns."""
    if notice.kind != "withdrawn":
        return [notice.audience] if (approval.state, approval.group) == ("open", notice.audience) else []
    told = select(Notice.audience).where(
        col(Notice.approval_id) == approval.id, col(Notice.told_at).is_not(None), col(Notice.audience) != ""
    )
    return sorted(set((await session.exec(told)).all()))
