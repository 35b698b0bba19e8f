"""A version of a journey goes live at once, or waits for the groups that `review` in sojourn.yaml names."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from journeys.difference import as_diff
from journeys.model import Journey
from journeys.review import Area, touches
from settings import Settings
from starter.dispatch.signals import RPC_TIMEOUT
from store.changes import find_open, keep_change
from store.database import Database
from store.tables import Change
from store.versions import find_version, live_versions
from workflows.approval import DecisionSigner
from workflows.ports import ReviewRequest

WORKFLOW = "ChangeReview"
LIFE = timedelta(days=14)
"""How long a proposal stands without an answer."""


async def who_must_agree(session: AsyncSession, review: Mapping[Area, str], journey: Journey) -> dict[str, str]:
    """The areas that a version touches against what is live, each with its group; none when it may go live."""
    if not review:
        return {}
    live = await _live(session, journey)
    if live is not None and live.version == journey.version:
        return {}
    return {area: review[area] for area in touches(live, journey) if area in review}


async def propose(
    database: Database,
    temporal: Client,
    settings: Settings,
    secret: str,
    journey: Journey,
    areas: dict[str, str],
    by: str,
) -> Change:
    """Have a version reviewed; one that is under review already stays so.

    Raises RPCError and RuntimeError when Temporal is away: then nothing is proposed.
    """
    async with database.transaction() as session:
        if (under_review := await find_open(session, journey)) is not None:
            return under_review
        live = await _live(session, journey)
        change = _made(journey, live, areas, by, datetime.now(UTC))
        await keep_change(session, change)
        await cast(Any, temporal).start_workflow(
            WORKFLOW,
            ReviewRequest(
                change_id=change.id,
                content_hash=change.version,
                groups=tuple(sorted(set(areas.values()))),
                authors=tuple(sorted({change.author, change.owner})),
                decision_key=DecisionSigner(secret).public_key,
                life=LIFE,
            ),
            id=workflow_of(change.id),
            task_queue=settings.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            static_summary=f"review of {journey.journey}@{journey.version}",
            rpc_timeout=RPC_TIMEOUT,
        )
    return change


def workflow_of(change_id: str) -> str:
    """The workflow id of a review."""
    return f"change:{change_id}"


async def _live(session: AsyncSession, journey: Journey) -> Journey | None:
    version = (await live_versions(session)).get(journey.journey)
    return await find_version(session, journey.journey, version) if version else None


def _made(journey: Journey, live: Journey | None, areas: dict[str, str], by: str, now: datetime) -> Change:
    named = f"{journey.journey}\n{journey.version}\n{now.isoformat()}"
    return Change(
        id=f"ch_{hashlib.sha256(named.encode()).hexdigest()[:10]}",
        journey=journey.journey,
        version=journey.version,
        was=live.version if live else "",
        definition=journey.model_dump(mode="json", by_alias=True),
        diff=as_diff(live, journey) if live else "",
        areas=areas,
        owner=journey.owner,
        author=by,
        state="open",
        proposed_at=now,
        deadline=now + LIFE,
    )
