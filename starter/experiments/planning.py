"""The plan of an experiment: computed from what is known of the journey, and kept before the start."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from deciding.reporting import seen_of
from journeys.events import OUTCOMES
from journeys.experiments import arms_of, splits_of
from journeys.model import Journey
from journeys.parts import Word
from journeys.usual import AS_USUAL
from learning.experiments.planning import plan
from starter.identity.callers import Refusal
from starter.services import Services
from store.experiments import keep_plan
from store.exposures import in_holdout
from store.tables import Experiment
from yamlfile import instead_of

_MEASURED = timedelta(days=90)
_ENOUGH = 100
"""Customers whose window is over, below which a rate is not taken from the journey itself."""


class NotPlannable(Refusal):
    """There is nothing there to look at, or too little is known for a plan."""

    code, status = "not_plannable", 422


class GuardBody(BaseModel):
    """A metric that must not get worse: a word for an outcome, or the name of an event."""

    model_config = ConfigDict(extra="forbid")

    metric: str = Field(min_length=1, max_length=100)
    margin: float = Field(default=0.25, ge=0, le=10)
    """How much worse than the control is borne, as a share of it."""


SPLIT_GUARDS = (GuardBody(metric="unsubscribed"), GuardBody(metric="complained"))
"""What every split watches unless something else is said. Against a holdout, which hears nothing, they would
always be worse."""


class PlanBody(BaseModel):
    """What shall be found, and where."""

    model_config = ConfigDict(extra="forbid")

    name: Word
    journey: str
    split: str = ""
    """`as-usual` for planners against business as usual; empty for the journey against its holdout."""
    event: str = Field(default="Order Completed", min_length=1, max_length=200)
    window_days: int = Field(default=14, ge=1, le=365)
    lift: float = Field(ge=0.001, le=100)
    """The smallest that matters, relative to the rate without it."""
    rate: float | None = Field(default=None, gt=0, lt=1)
    """The share who convert without it; otherwise as it was in the journey."""
    daily: float | None = Field(default=None, gt=0)
    """Customers who come in a day; otherwise as it was in the journey."""
    power: float = Field(default=0.8, ge=0.5, le=0.99)
    guards: list[GuardBody] | None = None


async def make_plan(services: Services, body: PlanBody, by: str, now: datetime) -> Experiment:
    """Compute a plan and keep it. Raises NotPlannable, and store.experiments.WrongState."""
    arms = _arms(services, body)
    if body.event in OUTCOMES:
        raise NotPlannable(
            f"'{body.event}' says what became of a message and not what it was good for. Name what a customer "
            "does, such as 'Order Completed'."
        )
    async with services.database.transaction() as session:
        rate, daily = await _known(session, body, now)
        try:
            made = plan(
                rate * body.lift, rate * (1 - rate), daily, list(arms.values()), body.window_days, body.power
            )
        except ValueError as error:
            raise NotPlannable(f"There is no such plan: {error}.") from error
        row = Experiment(
            **body.model_dump(exclude={"rate", "daily", "guards"}),
            rate=rate,
            daily=daily,
            arms=[{"arm": arm, "weight": weight} for arm, weight in arms.items()],
            guards=[guard.model_dump() for guard in _guards(body)],
            customers=made.customers,
            days=made.days,
            state="planned",
            planned_at=now,
            planned_by=by,
            conclusion={},
        )
        return await keep_plan(session, row)


def find_journey(services: Services, name: str) -> Journey:
    """A live journey. Raises NotPlannable."""
    if name not in services.journeys:
        hint = instead_of(name, sorted(services.journeys))
        raise NotPlannable(f"There is no live journey '{name}' ({hint}).")
    return services.journeys[name]


def _arms(services: Services, body: PlanBody) -> dict[str, float]:
    journey = find_journey(services, body.journey)
    arms = arms_of(journey, body.split)
    if not arms and body.split == AS_USUAL:
        raise NotPlannable(
            f"'{body.journey}' has nobody for whom it goes as usual: give it 'as_usual', such as 10%."
        )
    if not arms and body.split:
        there = ", ".join(splits_of(journey)) or "none"
        raise NotPlannable(f"'{body.journey}' has no split '{body.split}' (there are: {there}).")
    if not arms:
        raise NotPlannable(f"'{body.journey}' leaves nobody alone: give it a 'holdout', or name a split.")
    return arms


def _guards(body: PlanBody) -> Sequence[GuardBody]:
    if body.guards is not None:
        return body.guards
    return SPLIT_GUARDS if body.split else ()


async def _known(session: AsyncSession, body: PlanBody, now: datetime) -> tuple[float, float]:
    """The rate and the customers a day: as they are given, or as they were in the journey."""
    if body.rate is not None and body.daily is not None:
        return body.rate, body.daily
    window, since = timedelta(days=body.window_days), now - _MEASURED
    units = [unit for unit in await in_holdout(session, body.journey) if since <= unit.since]
    over = [unit for unit in units if unit.since + window <= now]
    if len(over) < _ENOUGH:
        raise NotPlannable(
            f"{len(over)} customers with their window over came into '{body.journey}' in {_MEASURED.days} days, "
            "too few to know how many convert. Give the rate and how many come in a day: --rate and --daily."
        )
    seen = await seen_of(session, over, body.event, window)
    converted = sum(any(each.since <= at < each.since + window for at, _ in each.happened) for each in seen)
    if body.rate is None and not 0 < converted < len(seen):
        raise NotPlannable(f"{converted} of {len(seen)} customers had '{body.event}'; give the rate: --rate.")
    days = max((now - min(unit.since for unit in units)).total_seconds() / 86_400, 1.0)
    return body.rate or converted / len(seen), body.daily or len(units) / days
