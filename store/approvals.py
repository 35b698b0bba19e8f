"""Questions to people, as the doors and the activities read and settle them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import update
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.events import APPROVAL_REJECTED, Event
from store.audit import record
from store.customers import lock_customer
from store.paging import PAGE_SIZE, Page, read_page
from store.requests import tell
from store.tables import Approval, Notice

Settled = Literal["approved", "rejected", "expired", "withdrawn"]


async def find_approval(session: AsyncSession, approval_id: str) -> Approval | None:
    return await session.get(Approval, approval_id)


async def open_approvals(
    session: AsyncSession, groups: Collection[str] | None = None, number: int = 1, size: int = PAGE_SIZE
) -> Page[Approval]:
    """What waits for a person, the nearest deadline first; of some groups only when `groups` is given."""
    query = select(Approval).where(col(Approval.state) == "open")
    if groups is not None:
        query = query.where(col(Approval.group).in_(groups))
    return await read_page(session, query.order_by(col(Approval.deadline), col(Approval.id)), number, size)


async def approvals_with(session: AsyncSession, ids: Collection[str]) -> Sequence[Approval]:
    """The approvals with these ids, whatever their state, the nearest deadline first."""
    query = select(Approval).where(col(Approval.id).in_(ids))
    return (await session.exec(query.order_by(col(Approval.deadline), col(Approval.id)))).all()


async def open_alike(session: AsyncSession, approval_id: str, most: int) -> Sequence[Approval]:
    """An open approval and the open ones like it, the nearest deadline first; none where each is for itself."""
    similar = select(Approval.similar).where(col(Approval.id) == approval_id).scalar_subquery()
    query = select(Approval).where(
        col(Approval.state) == "open", col(Approval.similar) == similar, col(Approval.similar) != ""
    )
    return (await session.exec(query.order_by(col(Approval.deadline), col(Approval.id)).limit(most))).all()


async def count_alike(session: AsyncSession, kinds: Collection[str]) -> dict[str, int]:
    """How many open approvals there are of each of some kinds; a kind is what `similar` holds."""
    query = select(Approval.similar, func.count()).where(
        col(Approval.state) == "open", col(Approval.similar).in_(kinds), col(Approval.similar) != ""
    )
    return dict((await session.exec(query.group_by(col(Approval.similar)))).all())


async def settled_approvals(
    session: AsyncSession, state: Settled | None = None, number: int = 1, size: int = PAGE_SIZE
) -> Page[Approval]:
    """What is decided, expired or withdrawn, the latest first; in one state only when `state` is given."""
    in_state = col(Approval.state) == state if state else col(Approval.state) != "open"
    latest = func.coalesce(col(Approval.decided_at), col(Approval.requested_at)).desc()
    return await read_page(
        session, select(Approval).where(in_state).order_by(latest, col(Approval.id)), number, size
    )


async def approvals_of_run(session: AsyncSession, workflow_id: str, first_run_id: str) -> Sequence[Approval]:
    """Every question one run asked, in order."""
    query = select(Approval).where(
        col(Approval.workflow_id) == workflow_id, col(Approval.first_run_id) == first_run_id
    )
    return (await session.exec(query.order_by(col(Approval.requested_at), col(Approval.id)))).all()


async def count_open_approvals(session: AsyncSession) -> int:
    query = select(func.count()).select_from(Approval).where(col(Approval.state) == "open")
    return (await session.exec(query)).one()


async def mark_decided(
    session: AsyncSession, approval_id: str, *, state: Settled, by: str = "", reason: str = "", at: datetime
) -> bool:
    """Settle an open approval; `at` is UTC. One that is settled already stays as it is, and this gives False."""
    if state == "rejected" and (asked := await find_approval(session, approval_id)):
        # Of the two that a run's own activities lock as well, the customer comes first everywhere.
        await lock_customer(session, asked.customer_id)
    change = (
        update(Approval)
        .where(col(Approval.id) == approval_id, col(Approval.state) == "open")
        .values(state=state, decided_by=by, decided_at=at, decision_reason=reason)
        .returning(Approval)
    )
    settled: Approval | None = (await cast(Any, session).exec(change)).scalars().one_or_none()
    if settled is not None:
        tell_approval(session, settled, state, by or "sojourn", at, {"reason": reason} if reason else None)
        if state == "rejected":
            await tell_planners(session, settled, APPROVAL_REJECTED, f"{settled.id}_rejected", at)
    return settled is not None


async def tell_planners(session: AsyncSession, approval: Approval, name: str, event_id: str, at: datetime) -> None:
    """Accept the event that a person changed or refused what a step proposed, for the decision that led to it."""
    properties = {"approval_id": approval.id, "journey": approval.journey, "step_id": approval.step_id}
    await tell(session, approval.customer_id, Event(id=event_id, name=name, at=at, properties=properties))


def tell_approval(
    session: AsyncSession, approval: Approval, what: str, by: str, at: datetime, evidence: Mapping[str, str] | None
) -> None:
    """Write what became of a question into the audit log, and whom to tell of it.

    People's words are evidence: they may name someone.
    """
    facts = {
        "what": what,
        "delivery": approval.delivery_id,
        "group": approval.group,
        "author": approval.author,
        "content_hash": approval.content_hash,
    }
    subject, customer_id = f"approval:{approval.id}", approval.customer_id
    record(session, "approval", subject, by, facts, at=at, customer_id=customer_id, evidence=evidence)
    if what in ("asked", "handed", "escalated"):
        session.add(Notice(approval_id=approval.id, audience=approval.group, kind=what, at=at))
    if what == "withdrawn":
        session.add(Notice(approval_id=approval.id, kind=what, at=at))


async def put_to(
    session: AsyncSession,
    approval_id: str,
    *,
    group: str,
    assignee: str,
    agreed: Sequence[str],
    by: str,
    at: datetime,
) -> None:
    """Whom an open question is put to from `at` (UTC) on, and who agreed already. Twice is as good as once."""
    query = select(Approval).where(col(Approval.id) == approval_id, col(Approval.state) == "open")
    row = (await session.exec(query.with_for_update())).first()
    if row is None or (row.group, row.assignee, row.agreed) == (group, assignee, list(agreed)):
        return
    what = "agreed" if len(agreed) > len(row.agreed) else "handed" if by else "escalated"
    row.group, row.assignee, row.agreed = group, assignee, list(agreed)
    session.add(row)
    tell_approval(session, row, what, by or "sojourn", at, None)


async def open_approval(session: AsyncSession, delivery_id: str, basis: str) -> Approval | None:
    """The open question about a delivery that was asked on the same basis, if there is one."""
    query = select(Approval).where(
        col(Approval.delivery_id) == delivery_id, col(Approval.basis) == basis, col(Approval.state) == "open"
    )
    return (await session.exec(query)).first()


async def withdraw_other_approvals(session: AsyncSession, delivery_id: str, but: str, at: datetime) -> None:
    """Close the open questions about a delivery that a newer one replaces."""
    query = select(Approval).where(
        col(Approval.delivery_id) == delivery_id, col(Approval.state) == "open", col(Approval.id) != but
    )
    for approval in (await session.exec(query)).all():
        approval.state, approval.decided_at = "withdrawn", at
        approval.decision_reason = "what it asked about has changed; it was asked anew"
        session.add(approval)
        tell_approval(session, approval, "withdrawn", "sojourn", at, {"reason": approval.decision_reason})


async def withdraw_questions(
    session: AsyncSession, workflow_id: str, first_run_id: str, reason: str, at: datetime
) -> None:
    """Close what a run asked and can no longer withdraw by itself; `at` is UTC."""
    for asked in await approvals_of_run(session, workflow_id, first_run_id):
        await mark_decided(session, asked.id, state="withdrawn", reason=reason, at=at)
