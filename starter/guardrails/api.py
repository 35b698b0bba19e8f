"""Guardrails over HTTP: how they stand, and arming them again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from project.access import Person
from starter.guardrails.rearming import Standing, arm_again, standing_of
from starter.identity.callers import CallerRoute, may
from starter.listings import PageNumber
from starter.services import Shared
from store.guardrails import list_guardrails
from store.tables import GuardrailState

router = APIRouter(prefix="/v1/guardrails", route_class=CallerRoute, tags=["guardrails"])
_Reader = Annotated[Person, may("guardrails:read")]
_Rearmer = Annotated[Person, may("guardrails:rearm")]


class GuardrailView(BaseModel):
    """One guardrail as it was found last. Times are UTC."""

    model_config = ConfigDict(from_attributes=True)

    journey: str
    name: str
    channel: str
    """Empty where it is about the whole journey."""
    split: str
    """Of which an arm was found harmful; empty for every other guardrail."""
    arm: str
    """Closed while it is tripped."""
    state: GuardrailState
    value: float
    limit: float
    """At which it trips, or for those that only warn, warns."""
    why: str
    since: datetime
    looked_at: datetime
    rearmed_by: str
    rearmed_at: datetime | None


class GuardrailList(BaseModel):
    """One page of guardrails; ask for the page after it while `more` is true."""

    guardrails: list[GuardrailView]
    page: int
    more: bool


class TierView(BaseModel):
    """How a journey's tier was lowered."""

    model_config = ConfigDict(from_attributes=True)

    tier: str
    group: str
    reason: str
    by: str
    at: datetime


class StandingView(BaseModel):
    """One journey: whether it is rolled back, its guardrails, and its lowered tier."""

    model_config = ConfigDict(from_attributes=True)

    journey: str
    rolled_back: bool
    tightening: TierView | None
    guardrails: list[GuardrailView]


class RearmBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=2000)
    name: str = ""
    """Only the guardrail of this name; empty is every one that tripped."""


class Rearmed(StandingView):
    """How the journey stands now."""

    rearmed: list[str]
    """The names of what had tripped."""


@router.get("")
async def list_all(
    _: _Reader,
    services: Shared,
    state: GuardrailState | None = None,
    page: PageNumber = 1,
) -> GuardrailList:
    """Guardrails of every journey, tripped ones first."""
    async with services.database.reading() as session:
        found = await list_guardrails(session, state or "", page)
    rows = [GuardrailView.model_validate(row) for row in found.rows]
    return GuardrailList(guardrails=rows, page=found.number, more=found.more)


@router.get("/{journey}")
async def get_standing(journey: str, _: _Reader, services: Shared) -> StandingView:
    """How one journey stands."""
    return _view(await standing_of(services.database, journey))


@router.post("/{journey}/rearm")
async def rearm_journey(journey: str, body: RearmBody, caller: _Rearmer, services: Shared) -> Rearmed:
    """Arm what tripped again: planners choose as before, and closed arms are open. The journey's tier stays as it
    is."""
    names = await arm_again(services.database, journey, body.name, caller, body.reason)
    view = _view(await standing_of(services.database, journey))
    return Rearmed(rearmed=names, **view.model_dump())


def _view(standing: Standing) -> StandingView:
    return StandingView.model_validate(standing)
