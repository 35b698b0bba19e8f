"""What was learned from what happened."""

from datetime import datetime

from temporalio import activity

from workflows.ports.runs import Message


class LearnRequest(Message):
    """Learn from all that is known at `now`, in UTC."""

    now: datetime


class Learned(Message):
    """What came of looking at outcomes."""

    rewarded: int
    """Decisions whose reward changed."""
    lessons: int
    """Of these, the ones that changed what is known."""


class RefittedPoint(Message):
    """A decision point that was fitted anew."""

    journey: str
    decision: str
    decisions: int
    """Decisions that it was fitted to."""


class Refitted(Message):
    """What came of a refit. A point with too little in its log is not among them."""

    points: tuple[RefittedPoint, ...]


@activity.defn(name="learn")
async def learn(request: LearnRequest) -> Learned:
    """Reward every decision of which there is news, and count the lessons. Safe to retry."""
    raise NotImplementedError


@activity.defn(name="refit")
async def refit(request: LearnRequest) -> Refitted:
    """Fit what was learned anew, from the log. Safe to retry."""
    raise NotImplementedError
