"""What must be agreed to before it is live is proposed: kept in the store, and given to a `ChangeReview`."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from settings import Settings
from starter.dispatch.signals import RPC_TIMEOUT
from store.changes import find_open, keep_change
from store.database import Database
from store.tables import Change, ChangeKind
from workflows.approval import DecisionSigner
from workflows.ports import ReviewRequest

WORKFLOW = "ChangeReview"
_REVIEW = "change:"
LIFE = timedelta(days=14)
"""How long a proposal stands without an answer."""


@dataclass(frozen=True)
class Proposal:
    """What somebody wants to be live. Its parts are those of a store.tables.Change."""

    kind: ChangeKind
    subject: str
    version: str
    was: str
    definition: dict[str, Any]
    diff: str
    areas: dict[str, str]
    owner: str
    preview: str = ""
    why: str = ""


async def propose(
    database: Database, temporal: Client, settings: Settings, secret: str, proposal: Proposal, by: str
) -> Change:
    """Have something reviewed; what is under review already stays so. `by` is the address of who asks for it.

    Raises RPCError and RuntimeError when Temporal is away: then nothing is proposed.
    """
    async with database.transaction() as session:
        under_review = await find_open(session, proposal.kind, proposal.subject, proposal.version)
        if under_review is not None:
            return under_review
        change = _made(proposal, by, datetime.now(UTC))
        await keep_change(session, change)
        await cast(Any, temporal).start_workflow(
            WORKFLOW,
            ReviewRequest(
                change_id=change.id,
                about=f"{change.kind} {change.subject}",
                content_hash=change.version,
                groups=tuple(sorted(set(change.areas.values()))),
                authors=tuple(sorted({change.author, change.owner} - {""})),
                decision_key=DecisionSigner(secret).public_key,
                life=LIFE,
            ),
            id=workflow_of(change.id),
            task_queue=settings.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            static_summary=f"review of {change.kind} {change.subject}@{change.version}",
            rpc_timeout=RPC_TIMEOUT,
        )
    return change


def workflow_of(change_id: str) -> str:
    """The workflow id of a review."""
    return f"{_REVIEW}{change_id}"


def change_of(workflow_id: str) -> str | None:
    """The change that a workflow id is the review of; None when it is not that of a review."""
    change_id = workflow_id.removeprefix(_REVIEW)
    return change_id if change_id != workflow_id else None


def _made(proposal: Proposal, by: str, now: datetime) -> Change:
    named = f"{proposal.kind}\n{proposal.subject}\n{proposal.version}\n{now.isoformat()}"
    return Change(
        id=f"ch_{hashlib.sha256(named.encode()).hexdigest()[:10]}",
        **vars(proposal),
        author=by,
        state="open",
        proposed_at=now,
        deadline=now + LIFE,
    )
