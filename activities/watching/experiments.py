"""Whether an arm of an experiment does harm: its guardrail metrics, by intervals that hold at every look. They are
looked at once an hour."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from activities.watching.sight import Harm, Look, Sight
from deciding.reporting import Counted, concluded, counted
from journeys.usual import AS_USUAL
from learning.experiments.report import Report
from learning.experiments.samples import TooFew
from learning.guardrails.level import Level, Reading
from store.experiments import running_on
from store.tables import Experiment

_EVERY = timedelta(minutes=55)


async def due_experiments(look: Look) -> Sequence[Experiment]:
    """Those that run on the journey, and were not looked at just now."""
    rows = await running_on(look.session, look.journey)
    return [row for row in rows if row.watched_at is None or row.watched_at <= look.now - _EVERY]


async def watch_experiment(look: Look, row: Experiment) -> list[Sight]:
    """The guardrail metrics that an arm certainly makes worse, by more than the plan bears.

    A customer counts once `settles` since they came is over, as after a message, rather than the whole window:
    harm must be found soon, and in every arm it is waited as long.
    """
    found = await asyncio.to_thread(_harmed, look, await counted(look.session, row, look.now))
    if not found:
        return []
    conclusion = await concluded(look.session, row, look.now)
    split = "" if row.split == AS_USUAL else row.split
    return [
        Sight(f"{metric} in {arm} of {row.name}", "", reading, harm=Harm(row.name, split, arm, conclusion))
        for arm, metric, reading in found
    ]


def _harmed(look: Look, known: Counted) -> list[tuple[str, str, Reading]]:
    """The arm and the metric of each harm."""
    window = min(look.rules.settles, known.rules.window)
    try:
        found = replace(known, rules=replace(known.rules, window=window)).report()
    except TooFew:
        return []
    return [
        (result.arm, guard.metric, _reading(found, known, result.arm, guard.metric, guard.why))
        for result in found.results
        for guard in result.guards
        if guard.state == "harmed"
    ]


def _reading(found: Report, known: Counted, arm: str, metric: str, why: str) -> Reading:
    shares = {each.name: each.guards[metric].mean for each in found.arms}
    margin = next(guard.margin for guard in known.rules.guards if guard.metric == metric)
    return Reading(Level.ACT, shares[arm], (1 + margin) * shares[found.arms[0].name], why)
