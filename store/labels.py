"""What people made of messages before they agreed to them: kept field by field, to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.approvals import tell_approval
from store.paging import PAGE_SIZE, Page, read_page
from store.tables import Approval, EditLabel


@dataclass(frozen=True)
class Label:
    """What one edit changed: by field, the words before and after it. `at` is UTC."""

    content: str
    content_version: str
    language: str
    changes: Mapping[str, tuple[str, str]]
    by: str
    at: datetime


async def keep_edit(
    session: AsyncSession,
    approval: Approval,
    label: Label,
    *,
    message: dict[str, Any],
    content_hash: str,
    texts: dict[str, str],
) -> None:
    """An open question is about another message from now on. Twice is as good as once."""
    if approval.content_hash == content_hash:
        return
    approval.message, approval.content_hash, approval.texts = message, content_hash, texts
    # Whoever agreed, agreed to something else; and others like it are as the content has them.
    approval.edited_by, approval.agreed, approval.similar = label.by, [], ""
    session.add(approval)
    for field, (before, after) in label.changes.items():
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
                before=before,
                after=after,
                by=label.by,
                at=label.at,
            )
        )
    tell_approval(session, approval, "edited", label.by, label.at, {"fields": ", ".join(label.changes)})


async def edit_labels(
    session: AsyncSession, approval_id: str = "", number: int = 1, size: int = PAGE_SIZE
) -> Page[EditLabel]:
    """What was edited, the latest first; of one approval only when it is named."""
    query = select(EditLabel)
    if approval_id:
        query = query.where(col(EditLabel.approval_id) == approval_id)
    return await read_page(session, query.order_by(col(EditLabel.at).desc(), col(EditLabel.id)), number, size)
