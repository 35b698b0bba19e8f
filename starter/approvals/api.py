"""Approvals over HTTP, for the CLI, the Python client and whoever builds another door."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from journeys.grounds import Grounds
from project.access import Person
from starter.approvals.decisions import Approvals, Decided
from starter.approvals.grants import Grants, Similar
from starter.approvals.rights import why_may_not_decide
from starter.identity.callers import CallerRoute, may
from starter.listings import PageNumber
from starter.services import Shared
from store.tables import Approval, ApprovalState, LabelFacts, StandingGrant

router = APIRouter(prefix="/v1/approvals", route_class=CallerRoute, tags=["approvals"])
_Reader = Annotated[Person, may("approvals:read")]
_Decider = Annotated[Person, may("approvals:decide")]


class Turn(BaseModel):
    """The group that is asked from then on when nobody has decided."""

    at: datetime
    group: str


class ApprovalView(BaseModel):
    """An approval as its approver needs it. Times are UTC."""

    id: str
    state: ApprovalState
    journey: str
    step_id: str
    workflow_id: str
    customer_id: str
    group: str
    tier: str
    people: int
    agreed: list[str]
    assignee: str
    author: str
    content_author: str
    requester: str
    channel: str
    recipient: str
    message: dict[str, Any]
    content_hash: str
    texts: dict[str, str]
    """What of the message may be edited, by field."""
    edited_by: str
    discount: float | None
    amount: float | None
    currency: str
    reason: str
    findings: list[dict[str, Any]]
    grounds: Grounds
    requested_at: datetime
    deadline: datetime
    turns: list[Turn]
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


class GrantView(BaseModel):
    """A standing grant. Times are UTC."""

    id: str
    journey: str
    approval_id: str
    group: str
    discount: float | None
    amount: float | None
    currency: str
    most: int
    used: int
    given_by: str
    given_at: datetime
    ends_at: datetime
    revoked_by: str
    revoked_at: datetime | None


class GrantList(BaseModel):
    """One page of standing grants; ask for the page after it while `more` is true."""

    grants: list[GrantView]
    page: int
    more: bool


class LabelList(BaseModel):
    """One page of labels; ask for the page after it while `more` is true."""

    labels: list[LabelFacts]
    page: int
    more: bool


class SimilarBody(BaseModel):
    """How often and for how many days others like it may leave without a person."""

    model_config = ConfigDict(extra="forbid")

    most: int = Field(ge=1)
    days: float = Field(gt=0)


class DecisionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "edit", "reject", "hand"]
    seen: str = ""
    """The `content_hash` of what the person was shown, which is what they decide about. Who hands it on need not
    have seen it."""
    reason: str = ""
    edits: dict[str, str] = Field(default_factory=dict)
    """To edit and approve: other words for the message, by field of its `texts`."""
    to: str = ""
    """To hand it to: a group, or the address of a person of its group."""
    similar: SimilarBody | None = None
    """To approve others like it, too."""

    @model_validator(mode="after")
    def _goes_together(self) -> "DecisionBody":
        if bool(self.edits) != (self.decision == "edit"):
            raise ValueError("'edits' belong to the decision 'edit', and it needs some")
        if self.similar and self.decision != "approve":
            raise ValueError("others like it are approved with the decision 'approve' only")
        if not self.seen and self.decision != "hand":
            raise ValueError("say with 'seen' what was decided about: the 'content_hash' of the approval")
        return self


@router.get("")
async def list_approvals(
    caller: _Reader,
    services: Shared,
    state: ApprovalState = "open",
    page: PageNumber = 1,
) -> ApprovalList:
    """Approvals in one state: open ones by deadline, the others with the latest first."""
    found = await Approvals(services).list(state, page)
    return ApprovalList(approvals=[_view(row, caller) for row in found.rows], page=found.number, more=found.more)


@router.get("/grants")
async def list_grants(_caller: _Reader, services: Shared, over: bool = False, page: PageNumber = 1) -> GrantList:
    """The standing grants that last, or those that are over; the latest first."""
    found = await Grants(services).list(over=over, number=page)
    return GrantList(grants=[_grant_view(row) for row in found.rows], page=found.number, more=found.more)


@router.post("/grants/{grant_id}/revoke")
async def revoke_grant(grant_id: str, caller: _Decider, services: Shared) -> GrantView:
    """End a standing grant at once."""
    return _grant_view(await Grants(services).revoke(grant_id, caller))


@router.get("/labels")
async def list_labels(_caller: _Reader, services: Shared, approval: str = "", page: PageNumber = 1) -> LabelList:
    """What people changed in messages before they agreed to them, the latest first; of one approval when named."""
    found = await Approvals(services).labels(approval, page)
    labels = [LabelFacts.model_validate(row) for row in found.rows]
    return LabelList(labels=labels, page=found.number, more=found.more)


@router.get("/{approval_id}")
async def get_approval(approval_id: str, caller: _Reader, services: Shared) -> ApprovalView:
    """One approval, whatever its state."""
    return _view(await Approvals(services).get(approval_id), caller)


@router.post("/{approval_id}/decision")
async def decide(approval_id: str, body: DecisionBody, caller: _Decider, services: Shared) -> Decided:
    """Approve, edit and approve, reject, or hand to others. The same decision twice counts once."""
    approvals = Approvals(services)
    if body.decision == "hand":
        return await approvals.hand(approval_id, caller, body.to, body.reason)
    edits = body.edits if body.decision == "edit" else None
    similar = Similar(body.similar.most, timedelta(days=body.similar.days)) if body.similar else None
    return await approvals.decide(
        approval_id, caller, body.decision != "reject", body.reason, similar, edits, seen=body.seen
    )


def _view(approval: Approval, caller: Person) -> ApprovalView:
    why_not = why_may_not_decide(approval, caller) if approval.state == "open" else f"It is {approval.state}."
    known = {"currency": approval.currency, "may_decide": not why_not, "why_not": why_not}
    return ApprovalView.model_validate(approval.model_dump() | known)


def _grant_view(grant: StandingGrant) -> GrantView:
    return GrantView.model_validate(grant.model_dump())
