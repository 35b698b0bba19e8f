"""Writes how the review of a change ended, and puts live what was approved."""

from temporalio import activity

from store.changes import settle_change
from store.database import Database
from workflows.ports import ReviewOutcome


class Reviewing:
    """The activity of a review."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def settle_change(self, outcome: ReviewOutcome) -> None:
        """Write how a review ended, and put live what was approved. Safe to retry."""
        async with self._database.transaction() as session:
            await settle_change(session, outcome.change_id, outcome.state, outcome.by, outcome.reason, outcome.at)
