"""The nightly refit: what was learned at every decision point, worked out anew from the whole log.

It values an agent's turns by all that follows from them, takes the log of an older set of features along where it
has all that the new one looks at, and clears away whatever rounding left in the sums.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from temporalio import activity

from activities.planning.learning import lessons_of, merged_sums
from journeys.rewards import Rewards
from learning.planners.interface import Learner
from learning.planners.registry import learner_of
from learning.sampler.decay import weight_of
from learning.sampler.model import Model
from learning.sampler.packing import packed
from learning.values import Turn
from learning.values import refit as fit
from store.database import Database
from store.lessons import forget_sums, keep_sums, lock_point
from store.planning import learned_points, log_of
from store.tables import PlannerDecision
from workflows.ports import LearnRequest, Refitted, RefittedPoint

LEAST = 50
"""Closed decisions, under which the day's lessons say as much."""
_MOST = 50_000
_LOOKS_BACK = timedelta(days=180)

Trajectory = list[PlannerDecision]


class Refitting:
    """The `refit` activity of one worker."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def refit(self, request: LearnRequest) -> Refitted:
        """Fit what was learned anew, from the log. Safe to retry."""
        async with self._database.reading() as session:
            latest = await learned_points(session, request.now - _LOOKS_BACK)
        points = [await self._refit(row, request.now) for row in latest]
        return Refitted(points=tuple(point for point in points if point))

    async def _refit(self, latest: PlannerDecision, now: datetime) -> RefittedPoint | None:
        learner = learner_of(latest.planner, latest.settings, latest.looks_at)
        if learner is None:
            return None
        log = await self._log(latest, learner, now)
        closed = [turns for turns in _trajectories(log) if all(turn.closed for turn in turns)]
        fitted = [row for turns in closed for row in turns]
        if len(fitted) < LEAST:
            return None
        model = await asyncio.to_thread(_fit, closed, learner, now)
        await self._keep(latest, learner, model, {row.id: row.credit for row in fitted}, now)
        return RefittedPoint(journey=latest.journey, decision=latest.decision, decisions=len(fitted))

    async def _log(self, latest: PlannerDecision, learner: Learner, now: datetime) -> list[PlannerDecision]:
        """The decisions at the same point that looked at all that the learner looks at."""
        async with self._database.reading() as session:
            rows = await log_of(session, latest.journey, latest.decision, now - _LOOKS_BACK, _MOST)
        wanted = set(learner.design.features)
        return [row for row in rows if wanted <= set(row.looks_at)]

    async def _keep(
        self,
        latest: PlannerDecision,
        learner: Learner,
        model: Model,
        fitted: dict[str, float | None],
        now: datetime,
    ) -> None:
        """Put the fit in the place of what was known, with what was learned beside it and meanwhile."""
        async with self._database.transaction() as session:
            point = await lock_point(session, latest.journey, latest.decision, latest.learned_as, now)
            rows = await log_of(session, latest.journey, latest.decision, now - _LOOKS_BACK, _MOST)
            own = [row for row in rows if row.learned_as == latest.learned_as]
            news = [(row, fitted.get(row.id)) for row in own if row.credit != fitted.get(row.id)]
            weight = weight_of(now, learner.habits.forgets)
            sums = {block: each.times(weight) for block, each in model.blocks.items()}
            added = lessons_of(news, replace(learner, design=model.design))
            await forget_sums(session, point)
            kept = packed({**sums, **merged_sums(sums, added)}, model.design)
            lessons = len(fitted) + sum(row.id not in fitted for row, _ in news)
            await keep_sums(session, point, kept, lessons, now)
            point.refitted_at = now


def _trajectories(log: Sequence[PlannerDecision]) -> list[Trajectory]:
    """The decisions by run and step, those of each in the order of time."""
    found: dict[tuple[str, str, str], Trajectory] = {}
    for row in log:
        found.setdefault((row.workflow_id, row.first_run_id, row.step_id), []).append(row)
    return list(found.values())


def _fit(trajectories: Sequence[Trajectory], learner: Learner, now: datetime) -> Model:
    forgets = learner.habits.forgets
    told = [
        [
            Turn(
                stage,
                row.option,
                row.features,
                row.reward or 0.0,
                row.options,
                weight_of(row.decided_at, forgets) / weight_of(now, forgets),
            )
            for stage, row in enumerate(turns)
        ]
        for turns in _singly(trajectories)
    ]
    return fit(told, learner.design, learner.habits, discount=_discount(trajectories), seed=len(told))


def _singly(trajectories: Sequence[Trajectory]) -> list[Trajectory]:
    """An agent's turns together; what is no agent's stands each by itself."""
    together = [turns for turns in trajectories if turns[0].agent]
    return [*together, *([row] for turns in trajectories if not turns[0].agent for row in turns)]


def _discount(trajectories: Sequence[Trajectory]) -> float:
    """Of one turn to the next, at the usual time between two."""
    daily = Rewards.model_validate(trajectories[-1][-1].rewards).discount
    gaps = [
        (after.decided_at - row.decided_at) / timedelta(days=1)
        for turns in trajectories
        for row, after in pairwise(turns)
    ]
    return (1 - daily) ** (sum(gaps) / len(gaps)) if gaps else 1.0
