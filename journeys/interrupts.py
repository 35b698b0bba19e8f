"""What ends a run before its last step. The workflow and the guard inside each send ask the same question."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from journeys.conditions import holds
from journeys.events import OPT_OUT, Event
from journeys.model import Journey
from journeys.parts import EventMatch, Goal, Part

InterruptKind = Literal["goal", "stop", "opt_out", "life", "operator"]


class Interrupt(BaseModel):
    """Why a run ends early, and the event that did it, if one did."""

    model_config = ConfigDict(frozen=True)

    kind: InterruptKind
    reason: str
    event: Event | None = None


class InterruptRules(Part):
    """The part of a journey that says which events end it."""

    goal: Goal | None = None
    stop: tuple[EventMatch, ...] = ()

    @classmethod
    def of(cls, journey: Journey) -> "InterruptRules":
        return cls(goal=journey.goal, stop=tuple(journey.stop))

    def names(self) -> frozenset[str]:
        goal = {self.goal.event} if self.goal else set[str]()
        return frozenset({OPT_OUT, *goal, *(match.event for match in self.stop)})

    def judge(self, event: Event, start: Event, run: dict[str, Any], now: datetime) -> Interrupt | None:
        """The interrupt that `event` is for a run started by `start`, or None. A goal goes before a stop."""
        scope = {"event": event.scope(), "start": start.scope(), "run": run, "now": now}
        if (
            self.goal
            and self.goal.event == event.name
            and self._in_time(event, start)
            and holds(self.goal.where, scope)
        ):
            return Interrupt(kind="goal", reason=f"goal reached: {event.name}", event=event)
        if event.name == OPT_OUT and not event.properties.get("channel"):
            return Interrupt(kind="opt_out", reason="the customer opted out", event=event)
        for match in self.stop:
            if match.event == event.name and holds(match.where, scope):
                return Interrupt(kind="stop", reason=f"stop event: {event.name}", event=event)
        return None

    def _in_time(self, event: Event, start: Event) -> bool:
        return self.goal is None or self.goal.within is None or event.at - start.at <= self.goal.within
