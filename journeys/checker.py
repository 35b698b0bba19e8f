"""Checks a journey file before it runs: every problem at once, each at its line.

It looks at one file and at plain facts about the project around it. What is wrong with the project itself is
found where its parts are loaded.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

import yamlfile
from journeys.checking.asks import Asks
from journeys.checking.customer import customer_kind
from journeys.checking.kinds import OBJECT, Kind, known_events
from journeys.checking.meaning import judge
from journeys.checking.mending import mend
from journeys.checking.privacy import telling
from journeys.checking.reach import check_reach
from journeys.checking.report import Report
from journeys.checking.surroundings import Surroundings
from journeys.checking.uses import Use, Uses
from journeys.features import FEATURES
from journeys.model import Journey
from journeys.steps import Agent, Place, Set, Step, WaitFor, places
from yamlfile import FileProblems, Problem, nearest


@dataclass(frozen=True)
class Checked:
    """What came of checking a file: the journey if it is one, and every problem in file order."""

    journey: Journey | None
    problems: tuple[Problem, ...]


def check_journey(file: Path, surroundings: Surroundings) -> Checked:
    """Check one journey file against its project. Never raises for what is in the file."""
    try:
        document = yamlfile.read(file)
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileProblems as told:
        return Checked(None, tuple(told.problems))
    mended = mend(document)
    report = Report(document, lines)
    if mended.journey is not None:
        _check(mended.journey, surroundings, report, run=OBJECT if mended.lost_facts else None)
    told = FileProblems([*mended.problems, *report.problems]).problems
    return Checked(None if mended.problems else mended.journey, tuple(dict.fromkeys(told)))


def _check(journey: Journey, surroundings: Surroundings, report: Report, run: Kind | None) -> None:
    """Everything that can be asked of a journey that validates. `run` is what its run is known to have, where
    that is not plain from its steps."""
    own = _own_policies(journey, surroundings.policy_kinds, report)
    asks = Asks(journey, surroundings, own, report)
    uses = Uses(journey, surroundings.shapes, run)
    asks.of_head()
    _check_uses(uses.of_head(), report)
    report.tell_findings(("start", "key"), journey.start.key, telling(journey.start.key, uses.of_key))
    _check_events(_head_events(journey), surroundings, report)
    for path, step in places(journey.steps, ("steps",)):
        asks.of_step(path, step)
        _check_uses(uses.of_step(path, step), report)
        _check_events(_step_events(path, step), surroundings, report)
        if isinstance(step, Set):
            _check_attributes(path, step, customer_kind(surroundings.shapes), report)
    check_reach(journey, report)


def _own_policies(journey: Journey, kinds: Mapping[str, type[BaseModel]], report: Report) -> dict[str, BaseModel]:
    """The journey's own policies, by name; those that are wrong are told."""
    own: dict[str, BaseModel] = {}
    for name in journey.policies if kinds else ():
        if name not in kinds:
            report.unknown(("policies", name), "unknown policy", name, kinds)
            continue
        try:
            own[name] = yamlfile.validate(kinds[name], report.document.section("policies").section(name))
        except FileProblems as told:
            report.problems += told.problems
    return own


def _check_uses(uses: Iterable[Use], report: Report) -> None:
    for use in uses:
        report.tell_findings(use.path, use.source, judge(use.source, use.scope, use.wanted))


def _check_events(named: Iterable[tuple[Place, str]], surroundings: Surroundings, report: Report) -> None:
    known = known_events(surroundings.shapes)
    for path, name in named:
        if known is not None and name not in known:
            fix = nearest(name, known) or "declare it there"
            report.tell(path, f"events.yaml declares no event '{name}'", fix)


def _head_events(journey: Journey) -> Iterator[tuple[Place, str]]:
    if journey.start.event is not None:
        yield ("start", "event"), journey.start.event
    if journey.goal:
        yield ("goal", "event"), journey.goal.event
    for number, match in enumerate(journey.stop):
        yield ("stop", number, "event"), match.event


def _step_events(path: Place, step: Step) -> Iterator[tuple[Place, str]]:
    if isinstance(step, Agent):
        yield (*path, "goal", "event"), step.goal.event
    if isinstance(step, WaitFor):
        for name, matches in (("wait_for", step.wait_for), ("restart", step.restart)):
            for number, match in enumerate(matches):
                yield (*path, name, number, "event"), match.event


def _check_attributes(path: Place, step: Set, customer: Kind, report: Report) -> None:
    """What is set for good must be an attribute that is known."""
    for key in step.set:
        owner, _, name = key.partition(".")
        if owner == "customer" and name in FEATURES:
            report.tell((*path, "set", key), f"'{name}' is worked out from events and cannot be set")
        elif (
            owner == "customer"
            and customer.fields is not None
            and not customer.open
            and name not in customer.fields
        ):
            report.unknown(
                (*path, "set", key), "events.yaml declares no attribute of the customer", name, customer.fields
            )
