"""Every expression of a journey: where it stands, what it may use, and what it must give."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import JsonValue

from journeys.checking.customer import customer_kind, segment_scope
from journeys.checking.kinds import (
    ANY,
    BOOLEAN,
    INTEGER,
    NUMBER,
    OBJECT,
    STRING,
    TIMESTAMP,
    Kind,
    event_kind,
    known_events,
    send_kind,
)
from journeys.checking.syntax import Member, Name
from journeys.conditions import names_segment
from journeys.counting import COUNTS
from journeys.events import SEGMENT_ENTERED
from journeys.model import Journey
from journeys.parts import EventMatch
from journeys.shapes import Shapes
from journeys.steps import (
    Act,
    Agent,
    Branch,
    Choose,
    DateWait,
    HourWait,
    Place,
    Planned,
    Repeat,
    RunJourney,
    Send,
    Set,
    Step,
    Wait,
    WaitFor,
    conditions_of,
    walk,
)

_KEYS = (STRING, NUMBER, BOOLEAN)
_NUMBERS = (NUMBER, INTEGER)
_DATES = (TIMESTAMP, STRING)


@dataclass(frozen=True)
class Use:
    """One expression. `wanted` are the kinds it may give; none is any."""

    path: Place
    source: str
    scope: Mapping[str, Kind]
    wanted: tuple[Kind, ...] = (BOOLEAN,)


class Uses:
    """Finds the expressions of one journey, with the names that each may use and what is known of them."""

    def __init__(self, journey: Journey, shapes: Shapes, run: Kind | None = None) -> None:
        """`run` is what the run is known to have, where that is not plain from the journey's steps."""
        self._journey = journey
        self._shapes = shapes
        by_segment = SEGMENT_ENTERED if journey.start.segment else None
        self._start = event_kind(shapes, journey.start.event or by_segment)
        self._customer = customer_kind(shapes)
        self._run = run or run_kind(journey, shapes)
        self._at_step = {
            "start": self._start,
            "run": self._run,
            "customer": self._customer,
            "now": TIMESTAMP,
        }

    def of_head(self) -> Iterator[Use]:
        """Those that say what starts and ends the journey."""
        start = self._journey.start
        scope = {"event": self._start, "start": self._start, "customer": self._customer, "now": TIMESTAMP}
        yield Use(("start", "where"), start.where, scope)
        yield Use(("start", "key"), start.key, scope, _KEYS)
        if start.segment is not None and not names_segment(start.segment):
            yield Use(("start", "segment"), start.segment, segment_scope(self._shapes))
        if self._journey.goal:
            yield self._end(("goal",), self._journey.goal)
        for number, match in enumerate(self._journey.stop):
            yield self._end(("stop", number), match)

    def of_key(self, member: Member) -> Kind | None:
        """What is known of an attribute that the key names."""
        owner = {"event": self._start, "start": self._start, "customer": self._customer}
        kind = owner.get(member.of.name) if isinstance(member.of, Name) else None
        return (kind.fields or {}).get(member.name) if kind else None

    def of_step(self, path: Place, step: Step) -> Iterator[Use]:
        """Those of a step itself, without the steps inside it."""
        match step:
            case Wait(wait=DateWait(until=until)):
                yield Use((*path, "wait", "until"), until, self._at_step, _DATES)
            case Wait(wait=HourWait(hour=hour)):
                yield Use((*path, "wait", "hour"), hour, self._at_step, _NUMBERS)
            case WaitFor():
                for name, matches in (("wait_for", step.wait_for), ("restart", step.restart)):
                    for number, awaited in enumerate(matches):
                        yield self._awaited((*path, name, number), awaited)
            case Branch():
                for number, case in enumerate(step.branch):
                    yield Use((*path, "branch", number, "if"), case.when, self._at_step)
            case Choose() | Agent():
                name, options = (
                    ("options", step.options) if isinstance(step, Choose) else ("actions", step.actions)
                )
                for number, option in enumerate(options):
                    yield Use((*path, name, number, "if"), option.when, self._at_step)
                yield from self._planned(path, step)
                if isinstance(step, Agent):
                    yield self._awaited((*path, "goal"), step.goal)
            case Repeat():
                yield Use((*path, "while"), step.condition, self._at_step)
            case Act() | Set():
                name, given = ("with", step.given) if isinstance(step, Act) else ("set", step.set)
                for key, source in given.items():
                    yield Use((*path, name, key), source, self._at_step, ())
            case _:
                return

    def _planned(self, path: Place, step: Planned) -> Iterator[Use]:
        """What the decision looks at, and the conditions in its planner's settings."""
        for name, source in step.features.items():
            yield Use((*path, "features", name), source, self._at_step, (NUMBER, BOOLEAN))
        for source in conditions_of(cast(JsonValue, step.settings)):
            yield Use((*path, "settings"), source, self._at_step)

    def _end(self, path: Place, match: EventMatch) -> Use:
        event = event_kind(self._shapes, match.event)
        return Use((*path, "where"), match.where, {"event": event, **self._at_step})

    def _awaited(self, path: Place, match: EventMatch) -> Use:
        """An event that a step waits for: `event.step` is the step whose outcome it is."""
        event = event_kind(self._shapes, match.event)
        if event.fields is not None:
            event = Kind("object", {**event.fields, "step": STRING})
        return Use((*path, "where"), match.where, {"event": event, **self._at_step})


def run_kind(journey: Journey, shapes: Shapes) -> Kind:
    """What conditions see of the run: its sends, the results of its actions, what steps set, and the counts of
    events, which are known where `events.yaml` declares them."""
    known = known_events(shapes)
    names = None if known is None else dict.fromkeys(known, INTEGER)
    fields = {COUNTS: Kind("object", names, item=INTEGER)}
    sends = {step.id: send_kind() for step in walk(journey.steps) if isinstance(step, Send)}
    return Kind("object", {**fields, **run_attributes(journey), **sends})


def run_attributes(journey: Journey) -> dict[str, Kind]:
    """What steps leave in the run: the results of actions and the ends of other runs by their
    steps' ids, and what is set."""
    left: dict[str, Kind] = {}
    for step in walk(journey.steps):
        if isinstance(step, Act):
            left[step.id] = OBJECT
        elif isinstance(step, RunJourney) and step.wait:
            left[step.id] = Kind("object", {"outcome": STRING, "reason": STRING})
        elif isinstance(step, Set):
            left |= {name.removeprefix("run."): ANY for name in step.set if name.startswith("run.")}
    return left
