"""What ends a run before its last step. The workflow and the guard inside each send ask the same question."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from journeys.conditions import holds
from journeys.counting import counted
from journeys.events import ERASED, JOURNEY_CALLED_OFF, OPT_OUT, Event
from journeys.features import Asked, asked_of
from journeys.model import Journey
from journeys.parts import EventMatch, Goal, Part
from journeys.requests import calls_off

InterruptKind = Literal["goal", "stop", "opt_out", "life", "operator", "erasure"]


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
        """The events that may end a run."""
        own = {ERASED, JOURNEY_CALLED_OFF, OPT_OUT}
        return frozenset({*own, *(match.event for match in self._matches())})

    def counted(self) -> frozenset[str]:
        """The events that the conditions count."""
        return frozenset[str]().union(*(counted(match.where) for match in self._matches()))

    def asked(self, event: str | None = None) -> Asked | None:
        """What of the customer has to be known to judge events of a name, or of all. None is everything."""
        return asked_of(match.where for match in self._matches() if event in (None, match.event))

    def judge(
        self,
        event: Event,
        start: Event,
        run: Mapping[str, Any],
        now: datetime,
        customer: Mapping[str, Any] | None = None,
    ) -> Interrupt | None:
        """The interrupt that `event` is for a run started by `start`, or None. An erasure goes before a
        goal, a goal before a stop.

        `customer` is the customer as conditions see them; where they are not known, what asks for them is false.
        """
        if event.name == ERASED:
            return Interrupt(kind="erasure", reason="the customer is erased", event=event)
        scope = {
            "event": event.scope(),
            "start": start.scope(),
            "run": run,
            "customer": customer or {},
            "now": now,
        }
        if (
            self.goal
            and self.goal.event == event.name
            and self._in_time(event, start)
            and holds(self.goal.where, scope)
        ):
            return Interrupt(kind="goal", reason=f"goal reached: {event.name}", event=event)
        if event.name == OPT_OUT and not event.properties.get("channel"):
            return Interrupt(kind="opt_out", reason="the customer opted out", event=event)
        if calls_off(event, start):
            reason = f"called off by the run that waited for it: {event.properties.get('reason')}"
            return Interrupt(kind="stop", reason=reason, event=event)
        for match in self.stop:
            if match.event == event.name and holds(match.where, scope):
                return Interrupt(kind="stop", reason=f"stop event: {event.name}", event=event)
        return None

    def _matches(self) -> tuple[EventMatch, ...]:
        return (self.goal, *self.stop) if self.goal else self.stop

    def _in_time(self, event: Event, start: Event) -> bool:
        return self.goal is None or self.goal.within is None or event.at - start.at <= self.goal.within
