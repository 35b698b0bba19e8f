"""Experiments: kept as they were planned, started, stopped. Every change of one is in the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.experiments import arms_of
from journeys.model import Journey
from store.audit import record
from store.paging import Page, read_page
from store.tables import Experiment, ExperimentState

_PLAN = (
    "journey",
    "split",
    "arms",
    "event",
    "window_days",
    "guards",
    "rate",
    "lift",
    "power",
    "customers",
    "days",
)


class WrongState(Exception):
    """An experiment is not in a state in which this can be done. The message says what to do."""


class ChangesExperiment(Exception):
    """A version of a journey has other arms than experiments that run on it. The message says what to do."""


async def keep_plan(session: AsyncSession, plan: Experiment) -> Experiment:
    """Keep a plan; one of the same name that has not started is replaced. Raises WrongState for any other."""
    known = await find_experiment(session, plan.name, lock=True)
    if known is not None and known.state != "planned":
        raise WrongState(f"'{plan.name}' is {known.state} and stays as it was planned; take another name.")
    kept = await session.merge(plan)
    plain = {name: getattr(plan, name) for name in _PLAN}
    record(
        session, "change", _subject(plan.name), plan.planned_by, {"what": "planned", **plain}, at=plan.planned_at
    )
    await session.flush()
    return kept


async def find_experiment(session: AsyncSession, name: str, *, lock: bool = False) -> Experiment | None:
    """An experiment by its name; with `lock` no one else changes it until the transaction ends."""
    return await session.get(Experiment, name, with_for_update=lock)


async def list_experiments(
    session: AsyncSession, state: ExperimentState | None = None, number: int = 1
) -> Page[Experiment]:
    """Experiments in a state, or all, those planned last first."""
    query = select(Experiment).order_by(col(Experiment.planned_at).desc(), col(Experiment.name))
    return await read_page(session, query.where(col(Experiment.state) == state) if state else query, number)


def start(session: AsyncSession, row: Experiment, by: str, at: datetime) -> None:
    """Let customers count from `at` (UTC) on. Raises WrongState unless it is planned."""
    if row.state != "planned":
        raise WrongState(f"'{row.name}' is {row.state}; plan another one to look again.")
    row.state, row.started_at, row.started_by = "running", at, by
    session.add(row)
    record(session, "change", _subject(row.name), by, {"what": "started", "customers": row.customers}, at=at)


def stop(
    session: AsyncSession, row: Experiment, by: str, reason: str, conclusion: Mapping[str, Any], at: datetime
) -> None:
    """Let nobody count from `at` (UTC) on, and keep what is concluded. Raises WrongState unless it runs."""
    if row.state != "running":
        raise WrongState(f"'{row.name}' is {row.state}; only one that runs can be stopped.")
    row.state, row.stopped_at, row.stopped_by, row.reason = "stopped", at, by, reason
    row.conclusion = dict(conclusion)
    session.add(row)
    facts = {"what": "stopped", "reason": reason, "conclusion": dict(conclusion)}
    record(session, "change", _subject(row.name), by, facts, at=at)


async def mark_watched(session: AsyncSession, rows: Sequence[Experiment], at: datetime) -> None:
    """The guardrail metrics of experiments were looked at, at a moment in UTC."""
    names = [row.name for row in rows]
    await session.exec(update(Experiment).where(col(Experiment.name).in_(names)).values(watched_at=at))


async def refuse_changed_arms(session: AsyncSession, journey: Journey) -> None:
    """Raise ChangesExperiment when a version would change the arms of an experiment while it runs."""
    names = ", ".join(f"'{row.name}'" for row in await _changed_by(session, journey))
    if names:
        raise ChangesExperiment(
            f"{journey.journey}@{journey.version} changes the arms of {names}, which runs. Stop it first with "
            "'sojourn experiment stop', or leave its arms and their weights as they are."
        )


async def stop_changed_arms(session: AsyncSession, journey: Journey, by: str, at: datetime) -> None:
    """Stop the experiments whose arms a version changes that people agreed to, and say so in the audit log."""
    for row in await _changed_by(session, journey):
        stop(session, row, by, f"its arms were changed by {journey.journey}@{journey.version}", {}, at)
    await session.flush()


async def running_on(session: AsyncSession, journey: str, *, lock: bool = False) -> Sequence[Experiment]:
    """The experiments that run on a journey; with `lock` no one else changes them until the transaction ends."""
    query = select(Experiment).where(col(Experiment.journey) == journey, col(Experiment.state) == "running")
    query = query.order_by(col(Experiment.name))
    return (await session.exec(query.with_for_update() if lock else query)).all()


async def _changed_by(session: AsyncSession, journey: Journey) -> Sequence[Experiment]:
    running = await running_on(session, journey.journey, lock=True)
    return [row for row in running if list(arms_of(journey, row.split).items()) != list(weights_of(row).items())]


def weights_of(row: Experiment) -> dict[str, float]:
    """The arms with their weights, the control first."""
    return {arm["arm"]: float(arm["weight"]) for arm in row.arms}


def _subject(name: str) -> str:
    return f"experiment:{name}"
