"""What is done with experiments: found, started, reported on, stopped with a conclusion."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from deciding.reporting import concluded, counted
from journeys.experiments import arms_of
from learning.experiments.course import Point
from learning.experiments.document import Document
from learning.experiments.report import Report
from learning.experiments.samples import TooFew
from starter.experiments.planning import PlanBody, find_journey, make_plan
from starter.identity.callers import Refusal
from starter.services import Services
from store.experiments import WrongState, find_experiment, list_experiments, start, stop, weights_of
from store.guardrails import tripped_at
from store.paging import Page
from store.tables import Experiment, ExperimentState


class NoSuchExperiment(Refusal):
    """No experiment has this name."""

    code, status = "not_found", 404


class NotNow(Refusal):
    """The experiment is in another state."""

    code, status = "wrong_state", 409


class TooEarly(Refusal):
    """Too few customers count to say anything."""

    code, status = "too_early", 409


@dataclass(frozen=True)
class Viewed:
    """An experiment as a page shows it."""

    row: Experiment
    report: Report | None
    why_not: str
    """Why there is no report; empty where there is one."""
    courses: Mapping[str, Sequence[Point]] = field(default_factory=dict[str, Sequence[Point]])
    """By arm, how the difference to the control moved."""


class Experiments:
    """The experiments of one installation. What may not be is refused."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def list(self, state: ExperimentState | None, page: int) -> Page[Experiment]:
        """Those in a state, or all, those planned last first."""
        async with self._services.database.reading() as session:
            return await list_experiments(session, state, page)

    async def get(self, name: str) -> Experiment:
        """One, whatever its state."""
        async with self._services.database.reading() as session:
            return await _find(session, name)

    async def plan(self, body: PlanBody, by: str) -> Experiment:
        """Compute and keep a plan."""
        with _states():
            return await make_plan(self._services, body, by, datetime.now(UTC))

    async def start(self, name: str, by: str) -> Experiment:
        """Let customers count from now on, if the live journey still has the arms of the plan."""
        async with self._changing(name) as (session, row):
            journey = find_journey(self._services, row.journey)
            if list(arms_of(journey, row.split).items()) != list(weights_of(row).items()):
                raise NotNow(
                    f"The arms of '{row.journey}' are others than those of the plan: plan '{name}' again."
                )
            if closed := await tripped_at(session, row.journey, row.split):
                raise NotNow(
                    f"The guardrail on {closed[0].name.replace('_', ' ')} tripped: {closed[0].why}. When that is "
                    f"mended: sojourn guardrail rearm {row.journey}"
                )
            start(session, row, by, datetime.now(UTC))
        return row

    async def stop(self, name: str, by: str, reason: str) -> Experiment:
        """Let nobody count from now on, and keep the conclusion: that of the planned end if it is reached, and
        otherwise what may be said on the way."""
        now = datetime.now(UTC)
        async with self._changing(name) as (session, row):
            conclusion: Document = {}
            if row.state == "running":
                conclusion = await concluded(session, row, now)
            stop(session, row, by, reason, conclusion, now)
        return row

    async def report(self, name: str) -> Report:
        """What it says now, or said at its stop."""
        async with self._services.database.reading() as session:
            row = await _find(session, name)
            if row.started_at is None:
                raise NotNow(f"'{name}' has not started: nothing counts yet. 'sojourn experiment start {name}'.")
            try:
                return await asyncio.to_thread((await counted(session, row, datetime.now(UTC))).report)
            except TooFew as error:
                stopped = f" It was stopped, because: {row.reason}." if row.reason else ""
                raise TooEarly(
                    f"It is too early: {error} in every arm, with their window over.{stopped}"
                ) from error

    async def view(self, name: str) -> Viewed:
        """One with all that can be shown of it."""
        async with self._services.database.reading() as session:
            row = await _find(session, name)
            if row.started_at is None:
                return Viewed(row, None, "Nothing counts yet: it has not started.")
            found = await counted(session, row, datetime.now(UTC))
        try:
            return await asyncio.to_thread(lambda: Viewed(row, found.report(), "", found.courses()))
        except TooFew as error:
            return Viewed(row, None, f"It is too early: {error} in every arm, with their window over.")

    @asynccontextmanager
    async def _changing(self, name: str) -> AsyncGenerator[tuple[AsyncSession, Experiment]]:
        with _states():
            async with self._services.database.transaction() as session:
                yield session, await _find(session, name, lock=True)


@contextmanager
def _states() -> Generator[None]:
    """What the store refuses is refused to the caller."""
    try:
        yield
    except WrongState as error:
        raise NotNow(str(error)) from error


async def _find(session: AsyncSession, name: str, *, lock: bool = False) -> Experiment:
    row = await find_experiment(session, name, lock=lock)
    if row is None:
        raise NoSuchExperiment(
            f"There is no experiment '{name}'; 'sojourn experiment list' shows those there are."
        )
    return row
