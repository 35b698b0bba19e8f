"""Tells who must agree to a change, writes how its review ended, and puts live what was approved."""

from temporalio import activity

from activities.alerting import Alerts
from store.changes import settle_change
from store.database import Database
from workflows.ports import ReviewOutcome, ReviewRequest


class Reviewing:
    """The activities of a review. `public_url` is where the console is."""

    def __init__(self, database: Database, alerts: Alerts, public_url: str) -> None:
        self._database = database
        self._alerts = alerts
        self._console = public_url.rstrip("/")

    @activity.defn
    async def tell_of_review(self, request: ReviewRequest) -> None:
        """Tell the groups that must agree what waits for them. Whoever tries it again tells them twice."""
        for group in request.groups:
            text = (
                f"For '{group}' to agree to within {request.life.days} days; otherwise it does not go live. "
                "The page shows what differs; opening it decides nothing."
            )
            link = f"{self._console}/changes/{request.change_id}"
            await self._alerts.tell(group, f"A change waits: {request.about}", text, link)

    @activity.defn
    async def settle_change(self, outcome: ReviewOutcome) -> None:
        """Write how a review ended, and put live what was approved. Safe to retry."""
        async with self._database.transaction() as session:
            await settle_change(session, outcome.change_id, outcome.state, outcome.by, outcome.reason, outcome.at)
