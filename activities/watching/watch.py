"""The look at every guardrail: what it finds is kept, and what trips is rolled back in the same transaction.

A journey is rolled back by the row that says so: `activities.planning.deciding` reads it at every decision, and
the guard reads the lowered tier at every message, so that both count from the next one on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.alerting import Alerts
from activities.watching.decisions import watch_decisions
from activities.watching.experiments import due_experiments, watch_experiment
from activities.watching.messages import watch_messages
from activities.watching.sight import Harm, Look, Sight
from content.surfaces import Surface
from journeys.guardrails import Guardrails
from journeys.ids import is_surface, surface_journey
from journeys.parts import Tier
from learning.guardrails.level import Level
from project.model import OPERATORS
from store.audit import record
from store.autonomy import NeedingPeople, tighten
from store.database import Database
from store.experiments import find_experiment, mark_watched, stop
from store.guardrails import find_guardrail, guardrails, mark_told, subject_of, untold
from store.tables import Guardrail, GuardrailState
from store.versions import live_journeys
from workflows.ports import Looked, LookRequest

_STATES: dict[Level, GuardrailState] = {Level.CALM: "ok", Level.WARN: "warned", Level.ACT: "tripped"}
_STRICTER: dict[str, NeedingPeople] = {"full": "supervised", "supervised": "human"}
_WATCH = "guardrail watch"
"""Who does what the watch does, in the audit log."""
_AGAIN = timedelta(days=1)
"""How long operators are spared the same warning, when a number goes to and fro."""


@dataclass(frozen=True)
class _Watched:
    """What planners decide in: a journey, or the slots of a surface, which sends nothing and has no tier."""

    name: str
    tier: Tier = "human"
    approvers: str | None = None


class Watching:
    """The activities of the watch over guardrails. `group` decides about journeys that name nobody; `surfaces` are
    those of the project as they are now, by name."""

    def __init__(
        self,
        database: Database,
        rules: Guardrails,
        group: str,
        alerts: Alerts,
        console_url: str,
        surfaces: Callable[[], Mapping[str, Surface]],
    ) -> None:
        self._database = database
        self._surfaces = surfaces
        self._rules = rules
        self._group = group
        self._alerts = alerts
        self._console_url = console_url.rstrip("/")

    @activity.defn
    async def look_at_guardrails(self, request: LookRequest) -> Looked:
        """Look at every guardrail, and act on those that trip. Safe to retry."""
        async with self._database.reading() as session:
            journeys = await live_journeys(session)
        watched = [_Watched(each.journey, each.tier, each.approvers) for each in journeys]
        watched += [_Watched(surface_journey(name)) for name, each in self._surfaces().items() if each.is_chosen]
        looked = 0
        for each in watched:
            looked += await self._look(each, request.now)
        async with self._database.reading() as session:
            tripped = len(await guardrails(session, state="tripped"))
            waiting = len(await untold(session, request.now - _AGAIN))
        return Looked(looked=looked, tripped=tripped, untold=waiting)

    @activity.defn
    async def tell_of_guardrails(self, request: LookRequest) -> int:
        """Tell the operators of what they do not know yet; gives of how many. Tried again it may tell of one
        twice. Raises ApplicationError when one of their services did not take it.
        """
        async with self._database.reading() as session:
            rows = await untold(session, request.now - _AGAIN)
        for row in rows:
            page = "" if is_surface(row.journey) else f"journeys/{row.journey}#guardrails"
            link = f"{self._console_url}/{page}"
            told = await self._alerts.tell(OPERATORS, _title(row), _text(row), link)
            if told.failures and not told.reached:
                raise ApplicationError(f"the operators were not told: {'; '.join(told.failures)}", type="alert")
            async with self._database.transaction() as session:
                await mark_told(session, row, request.now)
        return len(rows)

    async def _look(self, watched: _Watched, now: datetime) -> int:
        """Look at a journey or a surface; gives how many guardrails it has."""
        async with self._database.reading() as session:
            known = {(row.name, row.channel): row for row in await guardrails(session, watched.name)}
            look = Look(session, watched.name, self._rules, known, now)
            sights = await watch_decisions(look)
            if not is_surface(watched.name):
                sights = [*await watch_messages(look), *sights]
            experiments = await due_experiments(look)
            for row in experiments:
                sights += await watch_experiment(look, row)
        async with self._database.transaction() as session:
            await mark_watched(session, experiments, now)
            for sight in sights:
                await self._keep(session, watched, sight, look)
        return len(sights)

    async def _keep(self, session: AsyncSession, watched: _Watched, sight: Sight, look: Look) -> None:
        row = await find_guardrail(session, (watched.name, sight.channel, sight.name))
        if row is None:
            row = _new(sight, look)
        elif row.looked_at >= look.now or row.rearmed_at != look.rearmed_at(sight.name, sight.channel):
            return  # this look was kept already, or a person re-armed it meanwhile
        row.looked_at = look.now
        session.add(row)
        if row.state == "tripped":
            return
        reading = sight.reading
        row.value, row.limit, row.why = reading.value, reading.limit, reading.why
        row.score, row.counted_to = sight.score, sight.counted_to
        await self._move(session, watched, row, _STATES[reading.level])
        if sight.harm is not None:
            await _stop(session, sight.harm, row)

    async def _move(self, session: AsyncSession, watched: _Watched, row: Guardrail, state: GuardrailState) -> None:
        """Bring a guardrail into a state, with all that follows from it."""
        if row.state == state:
            return
        row.state, row.since = state, row.looked_at
        facts: dict[str, Any] = {"what": state, "value": row.value, "limit": row.limit, "why": row.why}
        if state == "ok":
            row.told = "ok"
        else:
            # A closed arm gives nobody anything any more: people need not agree to the others.
            tightens = state == "tripped" and not row.split
            facts["tier"] = await self._tighten(session, watched, row) if tightens else None
            row.keeps = self._rules.closed_arms == "keep"
            if row.split:
                facts |= {"split": row.split, "closed": row.arm, "keeps": row.keeps}
        record(session, "change", subject_of(row), _WATCH, facts, at=row.looked_at)

    async def _tighten(self, session: AsyncSession, watched: _Watched, row: Guardrail) -> NeedingPeople | None:
        """Lower the tier by one step; gives the tier, or None when it is the lowest already."""
        tier = _STRICTER.get(watched.tier)
        if tier is None:
            return None
        group = self._rules.group or watched.approvers or self._group
        by, reason = f"guardrail:{row.name}", f"{_named(row)}: {row.why}"
        await tighten(session, watched.name, tier, group=group, reason=reason, by=by, at=row.looked_at)
        return tier


async def _stop(session: AsyncSession, harm: Harm, row: Guardrail) -> None:
    """Stop the experiment that found the harm, unless a person did meanwhile: with an arm closed, those who come
    are no longer alike."""
    experiment = await find_experiment(session, harm.experiment, lock=True)
    if experiment is not None and experiment.state == "running":
        stop(session, experiment, _WATCH, f"{_named(row)}: {row.why}", harm.conclusion, row.looked_at)


def _new(sight: Sight, look: Look) -> Guardrail:
    closed = (sight.harm.split, sight.harm.arm) if sight.harm and sight.harm.split else ("", "")
    return Guardrail(
        journey=look.journey,
        channel=sight.channel,
        name=sight.name,
        split=closed[0],
        arm=closed[1],
        state="ok",
        value=sight.reading.value,
        limit=sight.reading.limit,
        why=sight.reading.why,
        since=look.now,
        looked_at=look.now,
    )


def _named(row: Guardrail) -> str:
    """A guardrail as people read it: `page bounces over email`."""
    return row.name.replace("_", " ") + (f" over {row.channel}" if row.channel else "")


def _title(row: Guardrail) -> str:
    return f"{row.journey}: the guardrail on {_named(row)} {row.state}"


def _text(row: Guardrail) -> str:
    if row.state == "warned":
        return f"{row.why}. Nothing was changed yet; it acts at {row.limit:g}, and is at {row.value:g}."
    armed = f"When the cause is mended: sojourn guardrail rearm {row.journey}"
    if is_surface(row.journey):
        return f"{row.why}. The slots of the surface are filled as they are written, by no planner. {armed}"
    if row.split:
        return (
            f"{row.why}. The arm '{row.arm}' of '{row.split}' is closed: who comes there goes the control's way, "
            f"and the experiment is stopped. {armed}"
        )
    return (
        f"{row.why}. The journey is back to business as usual: its planners take options in the order they are "
        f"written, its splits give the control, and nothing leaves unless a person agrees. {armed}"
    )
