"""The look at the guardrails of all journeys, and what operators are told of it."""

from datetime import datetime

from temporalio import activity

from workflows.ports.runs import Message


class LookRequest(Message):
    """Look at what happened until `now`, in UTC."""

    now: datetime


class Looked(Message):
    """How the guardrails stand after a look."""

    looked: int
    """How many were looked at."""
    tripped: int = 0
    """Of all there are, those that are tripped."""
    untold: int = 0
    """Those that the operators do not know of yet."""


@activity.defn(name="look_at_guardrails")
async def look_at_guardrails(request: LookRequest) -> Looked:
    """Look at every guardrail, and act on those that trip. Safe to retry."""
    raise NotImplementedError


@activity.defn(name="tell_of_guardrails")
async def tell_of_guardrails(request: LookRequest) -> int:
    """Tell the operators of what they do not know yet; gives of how many. Tried again it may tell of one twice."""
    raise NotImplementedError
