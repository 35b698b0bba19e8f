"""What an experiment says, from the runs and events in the store."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.events import OUTCOMES
from journeys.rewards import OF_CUSTOMERS
from journeys.usual import AS_USUAL
from learning.experiments.arms import Seen
from learning.experiments.course import Point, course
from learning.experiments.document import Document, document
from learning.experiments.guards import Guard
from learning.experiments.report import Report, Rules, report
from learning.experiments.samples import TooFew
from learning.features.orders import amount_of
from store.experiments import weights_of
from store.exposures import Told, Unit, events_of, going_as_usual, in_holdout, in_split, segments_when
from store.tables import Experiment


def events_meant(metric: str) -> frozenset[str]:
    """The names of the events that a metric counts: a word for an outcome, such as 'unsubscribed', or one name."""
    kinds = {**OUTCOMES, **OF_CUSTOMERS}
    return frozenset(name for name, kind in kinds.items() if kind == metric) or frozenset({metric})


@dataclass(frozen=True)
class Counted:
    """The customers of an experiment that was started, and the rules by which they count."""

    seen: Sequence[Seen]
    rules: Rules
    until: datetime
    """Now, or the stop, in UTC."""

    def report(self) -> Report:
        """What it says. Raises TooFew while that is nothing."""
        return report(self.seen, self.rules, self.until)

    def courses(self) -> dict[str, tuple[Point, ...]]:
        """By arm, how the difference to the control moved."""
        control, *others = self.rules.weights
        return {arm: course(self.seen, self.rules, (control, arm), self.until) for arm in others}


async def counted(session: AsyncSession, row: Experiment, now: datetime) -> Counted:
    """What counts of an experiment by `now` (UTC), or by its stop."""
    assert row.started_at is not None, "only of what was started something counts"
    rules = Rules(
        weights_of(row),
        timedelta(days=row.window_days),
        row.customers,
        row.started_at,
        [Guard(guard["metric"], guard["margin"]) for guard in row.guards],
    )
    units = [unit for unit in await _units(session, row) if unit.since >= rules.started]
    seen = await seen_of(session, units, row.event, rules.window, [guard.metric for guard in rules.guards])
    segments = await segments_when(session, units)
    of_each = zip(seen, units, strict=True)
    seen = [replace(each, segments=segments.get(unit.customer_id, {})) for each, unit in of_each]
    return Counted(seen, rules, row.stopped_at or now)


async def concluded(session: AsyncSession, row: Experiment, now: datetime) -> Document:
    """What is kept at a stop: what an experiment says by `now` (UTC)."""
    try:
        return document(await asyncio.to_thread((await counted(session, row, now)).report))
    except TooFew as error:
        return {"method": None, "says": f"Stopped before anything can be said: {error} in every arm."}


async def _units(session: AsyncSession, row: Experiment) -> list[Unit]:
    """Everybody who ever came into one of the arms."""
    if row.split == AS_USUAL:
        return await going_as_usual(session, row.journey, weights_of(row)[AS_USUAL])
    return await (in_split(session, row.journey, row.split) if row.split else in_holdout(session, row.journey))


async def seen_of(
    session: AsyncSession, units: Sequence[Unit], event: str, window: timedelta, guards: Collection[str] = ()
) -> list[Seen]:
    """What counts of some customers: the event with its money, before and after, and the guardrail metrics."""
    if not units:
        return []
    metrics = {metric: events_meant(metric) for metric in guards}
    names = {event}.union(*metrics.values())
    since = min(unit.since for unit in units) - window
    happened = await events_of(session, {unit.customer_id for unit in units}, names, since)
    return [_seen(unit, happened.get(unit.customer_id, []), event, metrics) for unit in units]


def _seen(unit: Unit, happened: Sequence[Told], event: str, metrics: Mapping[str, frozenset[str]]) -> Seen:
    return Seen(
        unit.arm,
        unit.since,
        [(each.at, amount_of(each.properties)) for each in happened if each.name == event],
        {metric: [each.at for each in happened if each.name in names] for metric, names in metrics.items()},
    )
