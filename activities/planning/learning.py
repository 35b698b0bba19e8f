"""Learning: what happened becomes rewards, and rewards become lessons, each counted once.

A lesson is the difference between what a decision counted with before and what it counts with now. It is added in
the transaction that keeps the reward, so that whatever is cut off or done twice, the sums and the log agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from journeys.ids import is_surface
from journeys.parts import EventMatch
from journeys.rewards import Rewards
from learning.attribution import NO_STEP, Happened, Made, Worth, names_of, worths
from learning.planners.interface import Learner
from learning.planners.registry import learner_of
from learning.sampler.decay import weight_of
from learning.sampler.model import lesson
from learning.sampler.packing import packed, unpacked
from learning.sampler.statistics import Statistics
from store.database import Database
from store.events import as_event, settled_event
from store.lessons import keep_sums, lock_point, sums_of
from store.planning import (
    Point,
    decisions_at,
    due,
    find_event,
    happened_between,
    keep_progress,
    progress,
    steps_at,
    touched,
)
from store.tables import PlannerDecision
from workflows.ports import Learned, LearnRequest

_AT_ONCE = 200


class Learning:
    """The `learn` activity of one worker."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def learn(self, request: LearnRequest) -> Learned:
        """Reward every decision of which there is news, and count the lessons. Safe to retry."""
        async with self._database.transaction() as session:
            until = await settled_event(session)
        async with self._database.reading() as session:
            points = await touched(session, await progress(session), until)
        rewarded = lessons = 0
        for point in points:
            changed, taught = await self._reward(point, request.now)
            rewarded, lessons = rewarded + changed, lessons + taught
        while points := await self._due(request.now):
            for point in points:
                changed, taught = await self._reward(point, request.now)
                rewarded, lessons = rewarded + changed, lessons + taught
        async with self._database.transaction() as session:
            await keep_progress(session, until)
        return Learned(rewarded=rewarded, lessons=lessons)

    async def _due(self, now: datetime) -> list[Point]:
        async with self._database.reading() as session:
            return await due(session, now, _AT_ONCE)

    async def _reward(self, point: Point, now: datetime) -> tuple[int, int]:
        """Reward the decisions at one point of a run. Gives how many changed, and how many lessons that was."""
        async with self._database.transaction() as session:
            rows = await decisions_at(session, point)
            if not rows:
                return 0, 0
            changed: list[tuple[PlannerDecision, float | None]] = []
            rewarded = 0
            for row, worth in zip(rows, await _worths(session, point, rows, now), strict=True):
                before = row.credit
                rewarded += _keep(row, worth)
                session.add(row)
                if row.learned_as and row.credit != before:
                    changed.append((row, before))
            if changed:
                await teach(session, changed, now)
            return rewarded, len(changed)


async def teach(
    session: AsyncSession, changed: Sequence[tuple[PlannerDecision, float | None]], now: datetime
) -> None:
    """Count decisions with their credits, each of which counted with the amount beside it before. All are of one
    point of one version of a journey."""
    first = changed[0][0]
    learner = learner_of(first.planner, first.settings, first.looks_at)
    assert learner is not None, "only what a planner learns from has a way to be learned"
    point = await lock_point(session, first.journey, first.decision, first.learned_as, now)
    stored = await sums_of(session, first.journey, first.decision, first.learned_as)
    design, known = unpacked(stored, learner.design)
    merged = merged_sums(known, lessons_of(changed, replace(learner, design=design)))
    counted = sum((row.credit is not None) - (before is not None) for row, before in changed)
    await keep_sums(session, point, packed(merged, design), point.lessons + counted, now)


def lessons_of(changed: Sequence[tuple[PlannerDecision, float | None]], learner: Learner) -> dict[str, Statistics]:
    """By block, what decisions add that counted with the amount beside them before."""
    added: dict[str, Statistics] = {}
    for row, before in changed:
        weight = weight_of(row.decided_at, learner.habits.forgets)
        block, each = lesson(learner.design, row.option, row.features, before, row.credit, weight, row.options)
        added[block] = added[block] + each if block in added else each
    return added


def merged_sums(known: Mapping[str, Statistics], added: Mapping[str, Statistics]) -> dict[str, Statistics]:
    """The blocks that something is added to, with it."""
    return {block: known[block] + each if block in known else each for block, each in added.items()}


async def _worths(
    session: AsyncSession, point: Point, rows: Sequence[PlannerDecision], now: datetime
) -> list[Worth]:
    made = [_made(row) for row in rows]
    names = frozenset[str]().union(*(names_of(each.rewards, each.goal) for each in made))
    since, until = rows[0].decided_at, max(row.closes_at for row in rows)
    events = map(as_event, await happened_between(session, rows[0].customer_id, names, since, until))
    steps = await steps_at(session, point)
    happened = [Happened(event, *steps.get(event.delivery or event.approval, NO_STEP)) for event in events]
    start = await find_event(session, rows[0].start_id)
    return worths(made, happened, as_event(start).scope() if start else {}, now, agent=rows[0].agent)


def _made(row: PlannerDecision) -> Made:
    goal = EventMatch.model_validate(row.goal) if row.goal else None
    rewards = Rewards.model_validate(row.rewards)
    return Made(row.option, row.decided_at, rewards, frozenset(row.steps), goal, row.id, is_surface(row.journey))


def _keep(row: PlannerDecision, worth: Worth) -> bool:
    """Write a decision's worth into its row; whether that changed it."""
    before = (row.reward, row.credit, row.closed)
    own = worth.reward
    row.parts = [{"event_id": part.event_id, "kind": part.kind, "amount": part.amount} for part in own.parts]
    row.cost, row.reward, row.closed, row.credit = own.cost, own.counts, own.closed, worth.credit
    return before != (row.reward, row.credit, row.closed)
