"""Changes under review over HTTP: proposed, listed, decided, taken back."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from project.access import Person
from starter.changes.reviewing import Changes, why_may_not_review
from starter.identity.callers import CallerRoute, may
from starter.listings import PageNumber
from starter.services import Shared
from store.tables import Change, ChangeKind, ChangeState

router = APIRouter(prefix="/v1/changes", route_class=CallerRoute, tags=["changes"])
_Reader = Annotated[Person, may("changes:read")]
_Decider = Annotated[Person, may("changes:decide")]


class ChangeView(BaseModel):
    """A change as who decides it needs it. Times are UTC."""

    id: str
    kind: ChangeKind
    subject: str
    version: str
    was: str
    diff: str
    preview: str
    why: str
    areas: dict[str, str]
    owner: str
    author: str
    state: ChangeState
    proposed_at: datetime
    deadline: datetime
    settled_at: datetime | None
    settled_by: list[str]
    reason: str
    why_not: str
    """Why who asks may not decide it; empty when they may."""


class ChangeList(BaseModel):
    """One page of changes; ask for the page after it while `more` is true."""

    changes: list[ChangeView]
    page: int
    more: bool


class DecisionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject"]
    reason: str = ""


class LooseningBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    journey: str
    """Whose own tier counts again."""
    reason: str
    """Why: those who decide read it."""


class Reviewed(BaseModel):
    """What became of a decision: the groups that must still agree."""

    change: str
    decision: Literal["approve", "reject"]
    missing: tuple[str, ...]


@router.get("")
async def list_changes(
    caller: _Reader,
    services: Shared,
    state: ChangeState | None = None,
    page: PageNumber = 1,
) -> ChangeList:
    """Changes, those proposed last first."""
    found = await Changes(services).list(state, page)
    return ChangeList(changes=[_view(row, caller) for row in found.rows], page=found.number, more=found.more)


@router.post("/loosenings", status_code=201)
async def propose_loosening(body: LooseningBody, caller: _Decider, services: Shared) -> ChangeView:
    """Propose that a journey that was tightened may do by itself again what its own tier says."""
    return _view(await Changes(services).loosen(body.journey, caller, body.reason), caller)


@router.get("/{change_id}")
async def get_change(change_id: str, caller: _Reader, services: Shared) -> ChangeView:
    """One change, with what differs."""
    return _view(await Changes(services).get(change_id), caller)


@router.post("/{change_id}/decision")
async def decide(change_id: str, body: DecisionBody, caller: _Decider, services: Shared) -> Reviewed:
    """Approve or reject. The same decision twice counts once."""
    missing = await Changes(services).decide(change_id, caller, body.decision == "approve", body.reason)
    return Reviewed(change=change_id, decision=body.decision, missing=missing)


@router.post("/{change_id}/rollback")
async def roll_back(change_id: str, caller: _Decider, services: Shared) -> ChangeView:
    """Make live again what was so before the change."""
    return _view(await Changes(services).roll_back(change_id, caller), caller)


def _view(change: Change, caller: Person) -> ChangeView:
    return ChangeView.model_validate(change.model_dump() | {"why_not": why_may_not_review(change, caller)})
