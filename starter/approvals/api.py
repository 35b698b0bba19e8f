"""Approvals over HTTP, for the CLI, the Python client and whoever builds another door."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from access import Person
from starter.approvals.decisions import Approvals, Decided, why_may_not_decide
from starter.callers import CallerRoute, may
from starter.services import Shared
from store.tables import Approval, ApprovalState

router = APIRouter(prefix="/v1/approvals", route_class=CallerRoute, tags=["approvals"])
_Reader = Annotated[Person, may("approvals:read")]
_Decider = Annotated[Person, may("approvals:decide")]


class ApprovalView(BaseModel):
    """An approval as its approver needs it. Times are UTC."""

    id: str
    state: ApprovalState
    journey: str
    step_id: str
    workflow_id: str
    customer_id: str
    group: str
    author: str
    channel: str
    recipient: str
    message: dict[str, Any]
    content_hash: str
    discount: float | None
    reason: str
    findings: list[dict[str, Any]]
    requested_at: datetime
    deadline: datetime
    otherwise: str
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    may_decide: bool
    why_not: str


class ApprovalList(BaseModel):
    """One page of approvals; ask for the page after it while `more` is true."""

    approvals: list[ApprovalView]
    page: int
    more: bool


class DecisionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject"]
    reason: str = ""


@router.get("")
async def list_approvals(
    caller: _Reader,
    services: Shared,
    state: ApprovalState = "open",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> ApprovalList:
    """Approvals in one state: open ones by deadline, the others with the latest first."""
    found = await Approvals(services).list(state, page)
    return ApprovalList(approvals=[_view(row, caller) for row in found.rows], page=found.number, more=found.more)


@router.get("/{approval_id}")
async def get_approval(approval_id: str, caller: _Reader, services: Shared) -> ApprovalView:
    """One approval, whatever its state."""
    return _view(await Approvals(services).get(approval_id), caller)


@router.post("/{approval_id}/decision")
async def decide(approval_id: str, body: DecisionBody, caller: _Decider, services: Shared) -> Decided:
    """Approve or reject. The same decision twice counts once."""
    return await Approvals(services).decide(approval_id, caller, body.decision == "approve", body.reason)


def _view(approval: Approval, caller: Person) -> ApprovalView:
    why_not = why_may_not_decide(approval, caller) if approval.state == "open" else f"It is {approval.state}."
    return ApprovalView.model_validate(approval.model_dump() | {"may_decide": not why_not, "why_not": why_not})
