"""What a run sees of its customer and leaves with them, and the customers that a broadcast asks."""

from datetime import datetime
from typing import Any

from temporalio import activity

from workflows.ports.runs import Message, StepRequest


class PerceiveRequest(Message):
    """Look at the customer as they are now. `asked` is what the journey's expressions name of them: an attribute
    or a feature, and what below it; None is everything."""

    customer_id: str
    now: datetime
    asked: dict[str, tuple[str, ...]] | None = None


class CustomerView(Message):
    """What conditions see as `customer`, and the zone of their clock."""

    attributes: dict[str, Any]
    time_zone: str | None


class SetRequest(StepRequest):
    """Set lasting attributes of the customer."""

    attributes: dict[str, Any]


class BroadcastRequest(Message):
    """Ask the customers after an id to start a journey, for one moment of its schedule."""

    journey: str
    where: str
    scheduled_at: datetime
    after: str


class BroadcastPage(Message):
    """How far the customers were asked."""

    asked: int
    after: str | None
    """The id to go on after; None when everyone was looked at."""
    crowded: bool
    """Nobody was asked, because too many events wait to reach Temporal."""


@activity.defn(name="perceive")
async def perceive(request: PerceiveRequest) -> CustomerView:
    """Look at the customer as they are now."""
    raise NotImplementedError


@activity.defn(name="set_attributes")
async def set_attributes(request: SetRequest) -> None:
    """Set lasting attributes of the customer. Safe to retry."""
    raise NotImplementedError


@activity.defn(name="broadcast")
async def broadcast(request: BroadcastRequest) -> BroadcastPage:
    """Ask the next page of customers. Safe to retry: nobody is asked twice for the same moment."""
    raise NotImplementedError
