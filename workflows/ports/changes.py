"""What the review of a change asks of the world, and how it ends."""

from datetime import datetime, timedelta
from typing import Literal

from temporalio import activity

from workflows.ports.runs import Message


class ReviewRequest(Message):
    """A change to review: who must agree, and who may not."""

    change_id: str
    about: str
    """What would be live, for people: `journey win-back`."""
    content_hash: str
    """The version that is proposed. A decision about any other does not count."""
    groups: tuple[str, ...]
    """Each of them must agree, by one of its people."""
    authors: tuple[str, ...]
    """Who wrote or proposed it: their own agreement does not count."""
    decision_key: str
    """The public key of the approvals service."""
    life: timedelta
    """How long the proposal stands."""


class ReviewOutcome(Message):
    """How a review ended."""

    change_id: str
    state: Literal["approved", "rejected", "expired"]
    by: tuple[str, ...]
    reason: str
    at: datetime


@activity.defn(name="tell_of_review")
async def tell_of_review(request: ReviewRequest) -> None:
    """Tell the groups that must agree what waits for them. Whoever tries it again tells them twice."""
    raise NotImplementedError


@activity.defn(name="settle_change")
async def settle_change(outcome: ReviewOutcome) -> None:
    """Write how a review ended, and put live what was approved. Safe to retry."""
    raise NotImplementedError
