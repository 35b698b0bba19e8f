"""One attempt of an activity that leaves something: its key, its clock, and the spans of its parts."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.spans import part_span
from journeys.ids import delivery_key
from store.tables import Span
from workflows.ports import StepRequest


@dataclass(frozen=True)
class Attempt:
    """An attempt. `delivery_id` is the same for every attempt of the step's pass."""

    request: StepRequest
    delivery_id: str
    mark: str
    """Tells this attempt from every other of the same step."""
    began_at: datetime
    began: float

    @classmethod
    def begin(cls, request: StepRequest) -> "Attempt":
        """The attempt that runs now, within an activity.

        The request has the time of the workflow when it asked; a retry happens later by as much as the
        server's own clock says, which skips time together with the workflow's.
        """
        info = activity.info()
        run = request.run
        return cls(
            request=request,
            delivery_id=delivery_key(run.workflow_id, run.first_run_id, request.step_id, request.pass_),
            mark=f"{info.workflow_run_id}.{info.activity_id}.{info.attempt}",
            began_at=request.now + max(info.started_time - info.scheduled_time, timedelta(0)),
            began=time.monotonic(),
        )

    def over(self, channel: str) -> "Attempt":
        """This attempt over one of its channels, with spans of its own."""
        return replace(self, mark=f"{self.mark}.{channel}")

    def now(self) -> datetime:
        """The time on the workflow's clock, in UTC."""
        return (self.began_at + timedelta(seconds=time.monotonic() - self.began)).astimezone(UTC)

    def waited(self) -> timedelta:
        """For how long the step has been trying, over all of its attempts."""
        return self.now() - self.request.now

    def span(
        self,
        part: str,
        outcome: str,
        detail: str = "",
        *,
        started_at: datetime | None = None,
        **attributes: str | int | float | bool,
    ) -> Span:
        """The span of a part of this attempt that ends now."""
        now = self.now()
        return part_span(self.request, part, self.mark, started_at or now, now, outcome, detail, **attributes)
