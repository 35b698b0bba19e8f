"""Experiments over HTTP: planned, started, reported on, stopped."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from learning.experiments.document import Document, document
from project.access import Person
from starter.experiments.planning import PlanBody
from starter.experiments.running import Experiments
from starter.identity.callers import CallerRoute, may
from starter.listings import PageNumber
from starter.services import Shared
from store.tables import Experiment, ExperimentState

router = APIRouter(prefix="/v1/experiments", route_class=CallerRoute, tags=["experiments"])
_Reader = Annotated[Person, may("experiments:read")]
_Writer = Annotated[Person, may("experiments:write")]


class ExperimentView(BaseModel):
    """An experiment with its plan. Times are UTC."""

    name: str
    journey: str
    split: str
    arms: list[dict[str, Any]]
    """The control first."""
    event: str
    window_days: int
    guards: list[dict[str, Any]]
    rate: float
    lift: float
    power: float
    daily: float
    customers: int
    days: int
    state: ExperimentState
    planned_at: datetime
    planned_by: str
    started_at: datetime | None
    started_by: str
    stopped_at: datetime | None
    stopped_by: str
    reason: str
    conclusion: Document
    """The report at the stop; empty before."""


class ExperimentList(BaseModel):
    """One page of experiments; ask for the page after it while `more` is true."""

    experiments: list[ExperimentView]
    page: int
    more: bool


class StopBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=1000)


@router.get("")
async def list_all(
    _: _Reader,
    services: Shared,
    state: ExperimentState | None = None,
    page: PageNumber = 1,
) -> ExperimentList:
    """Experiments, those planned last first."""
    found = await Experiments(services).list(state, page)
    return ExperimentList(experiments=[_view(row) for row in found.rows], page=found.number, more=found.more)


@router.post("")
async def plan(body: PlanBody, caller: _Writer, services: Shared) -> ExperimentView:
    """Compute how many customers and days it takes, and keep that; one that has not started is replaced."""
    return _view(await Experiments(services).plan(body, caller.email))


@router.get("/{name}")
async def get(name: str, _: _Reader, services: Shared) -> ExperimentView:
    """One experiment, and what was concluded."""
    return _view(await Experiments(services).get(name))


@router.get("/{name}/report")
async def report(name: str, _: _Reader, services: Shared) -> Document:
    """What it says now, or said at its stop and why it was stopped."""
    experiments = Experiments(services)
    said = document(await experiments.report(name))
    return {**said, "stopped": (await experiments.get(name)).reason}


@router.post("/{name}/start")
async def start(name: str, caller: _Writer, services: Shared) -> ExperimentView:
    """Let the customers count who come from now on. The plan stays as it is from here."""
    return _view(await Experiments(services).start(name, caller.email))


@router.post("/{name}/stop")
async def stop(name: str, body: StopBody, caller: _Writer, services: Shared) -> ExperimentView:
    """Let nobody count from now on, and keep the conclusion with its method."""
    return _view(await Experiments(services).stop(name, caller.email, body.reason))


def _view(row: Experiment) -> ExperimentView:
    return ExperimentView.model_validate(row.model_dump())
