"""What people made of messages before they agreed to them: kept field by field, to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.events import APPROVAL_EDITED
from store.approvals import tell_approval, tell_planners
from store.paging import PAGE_SIZE, Page, read_page
from store.tables import Approval, EditLabel


@dataclass(frozen=True)
class Label:
    """Of what an edit was, and who made it. `at` is UTC."""

    content: str
    content_version: str
    language: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Asking:
    """What a question is about once it was edited."""

    message: dict[str, Any]
    content_hash: str
    texts: Mapping[str, str]
    """What of it may be edited further, by field."""
    discount: float | None = None
    amount: float | None = None


async def keep_edit(session: AsyncSession, approval: Approval, label: Label, now: Asking) -> None:
    """An open question is about something else from now on; each field that differs is kept as a label."""
    before = cast(dict[str, str], approval.texts)
    changes = {name: text for name, text in before.items() if now.texts.get(name) != text}
    approval.message, approval.content_hash, approval.texts = now.message, now.content_hash, dict(now.texts)
    approval.discount, approval.amount = now.discount, now.amount
    # Whoever agreed, agreed to something else; and others like it are as they were made.
    approval.edited_by, approval.agreed, approval.similar = label.by, [], ""
    session.add(approval)
    for field, text in changes.items():
        session.add(
            EditLabel(
                approval_id=approval.id,
                customer_id=approval.customer_id,
                journey=approval.journey,
                step_id=approval.step_id,
                content=label.content,
                content_version=label.content_version,
                channel=approval.channel,
                language=label.language,
                field=field,
                before=text,
                after=now.texts.get(field, ""),
                by=label.by,
                at=label.at,
            )
        )
    await tell_planners(session, approval, APPROVAL_EDITED, f"{approval.id}_{now.content_hash}", label.at)
    tell_approval(session, approval, "edited", label.by, label.at, {"fields": ", ".join(changes)})


async def edit_labels(
    session: AsyncSession, approval_id: str = "", number: int = 1, size: int = PAGE_SIZE
) -> Page[EditLabel]:
    """What was edited, the latest first; of one approval only when it is named."""
    query = select(EditLabel)
    if approval_id:
        query = query.where(col(EditLabel.approval_id) == approval_id)
    return await read_page(session, query.order_by(col(EditLabel.at).desc(), col(EditLabel.id)), number, size)
