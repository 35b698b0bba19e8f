"""What became of the whole demo, read from the store: runs, deliveries, approvals, spans."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.ids import trace_id
from starter.demo.story import Story
from store.approvals import approvals_of_run
from store.database import Database
from store.history import deliveries_of_run, find_runs, spans_of_trace
from store.tables import Approval, Delivery, Run, Span


@dataclass(frozen=True)
class RunRecord:
    """One run as the store has it."""

    shopper: str
    run: Run
    deliveries: list[Delivery]
    approvals: list[Approval]
    spans: list[Span]


async def read_records(database: Database, story: Story) -> list[RunRecord]:
    """Every run of the story with all that belongs to it."""
    async with database.reading() as session:
        return [await _record(session, part.shopper.name, part.workflow_id) for part in story.parts]


async def _record(session: AsyncSession, shopper: str, workflow_id: str) -> RunRecord:
    run = (await find_runs(session, workflow_id))[0]
    return RunRecord(
        shopper=shopper,
        run=run,
        deliveries=list(await deliveries_of_run(session, workflow_id, run.first_run_id)),
        approvals=list(await approvals_of_run(session, workflow_id, run.first_run_id)),
        spans=list(await spans_of_trace(session, trace_id(workflow_id, run.first_run_id))),
    )


def summarise(story: Story, records: list[RunRecord], events: int, seconds: dict[str, float]) -> dict[str, Any]:
    """The figures of the demo, ready for JSON."""
    deliveries = [delivery for record in records for delivery in record.deliveries]
    channels = sorted({delivery.channel for delivery in deliveries})
    return {
        "shoppers": [_shopper(story, record) for record in records],
        "events": events,
        "runs": dict(Counter(record.run.outcome or record.run.state for record in records)),
        "deliveries": {
            channel: dict(Counter(d.state for d in deliveries if d.channel == channel)) for channel in channels
        },
        "approvals": dict(Counter(approval.state for record in records for approval in record.approvals)),
        "spans": sum(len(record.spans) for record in records),
        "days_played": round(story.played.total_seconds() / 86_400, 1),
        "seconds": {what: round(took, 2) for what, took in seconds.items()},
    }


def _shopper(story: Story, record: RunRecord) -> dict[str, Any]:
    part = next(part for part in story.parts if part.shopper.name == record.shopper)
    return {
        "name": record.shopper,
        "story": part.shopper.story,
        "zone": part.shopper.zone,
        "run": record.run.workflow_id,
        "outcome": record.run.outcome,
        "received": [f"{part.local(r.at):%a %H:%M} {r.channel}: {r.kind or r.title}" for r in part.received],
    }
