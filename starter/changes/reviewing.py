"""People review changes. Every door, HTTP, CLI and console, comes by `Changes`; the review has the last word."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from journeys.approvers import is_one_of
from project.access import Person
from starter.approvals.saying import checked_reason
from starter.changes.autonomy import proposal_of
from starter.changes.proposing import Proposal, propose, workflow_of
from starter.identity.callers import Refusal, noting_refusals
from starter.runs.lost import settle_lost_review
from starter.services import Services
from starter.temporal import sentence_of
from store.changes import CannotRollBack, find_change, list_changes, roll_back
from store.paging import Page
from store.tables import Change, ChangeState
from workflows.ports import Decision
from workflows.review import ChangeReview

_ANSWER_WITHIN = timedelta(seconds=5)


class NoSuchChange(Refusal):
    """There is no change with this id."""

    code, status = "not_found", 404


class MayNotReview(Refusal):
    """This person does not decide this change."""

    code, status = "not_allowed", 403


class ReviewRefused(Refusal):
    """The review, or what is live by now, does not allow it."""

    code, status = "refused", 409


class ReviewGone(Refusal):
    """Temporal ended the review, or no longer has it."""

    code, status = "review_gone", 410


class ReviewUnavailable(Refusal):
    """Temporal does not answer. Deciding again is safe."""

    code, status = "temporal_unavailable", 503


class Changes:
    """Lists changes, takes decisions about them, and takes them back."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def list(self, state: ChangeState | None, number: int = 1) -> Page[Change]:
        """Changes in a state, or all, those proposed last first."""
        async with self._services.database.reading() as session:
            return await list_changes(session, state, number)

    async def get(self, change_id: str) -> Change:
        """One change. Raises NoSuchChange."""
        async with self._services.database.reading() as session:
            change = await find_change(session, change_id)
        if change is None:
            raise NoSuchChange("There is no such change. Look in the list.")
        return change

    async def loosen(self, journey: str, person: Person, reason: str) -> Change:
        """Propose in a person's name that a tightened journey's own tier counts again. Raises a Refusal."""
        services = self._services
        if not reason.strip():
            raise ReviewRefused("Say why it may do more by itself again: whoever decides needs to know.")
        async with services.database.reading() as session:
            known, review = services.journeys.get(journey), services.project.review
            proposal = await proposal_of(session, review, journey, known, checked_reason(reason, approve=True))
        return await self.propose(proposal, person)

    async def propose(self, proposal: Proposal, person: Person) -> Change:
        """Have something reviewed in a person's name. Raises ReviewUnavailable."""
        services = self._services
        try:
            return await propose(
                services.database, services.temporal, services.settings, services.secret, proposal, person.email
            )
        except (RPCError, RuntimeError) as error:
            raise ReviewUnavailable("Temporal does not answer: nothing was proposed. Try again.") from error

    async def decide(self, change_id: str, person: Person, approve: bool, reason: str = "") -> tuple[str, ...]:
        """Take a person's decision; gives the groups that must still agree. Raises a Refusal."""
        change = await self.get(change_id)
        async with noting_refusals(self._services, f"change:{change.id}", person):
            if why_not := why_may_not_review(change, person):
                raise MayNotReview(why_not)
            return await self._decide(change, person, approve, reason)

    async def _decide(self, change: Change, person: Person, approve: bool, reason: str) -> tuple[str, ...]:
        decision = Decision(
            approval_id=change.id,
            content_hash=change.version,
            approved=approve,
            approver=person.email,
            groups=person.groups,
            reason=checked_reason(reason, approve),
            decided_at=datetime.now(UTC),
        )
        return await self._tell(change, decision)

    async def roll_back(self, change_id: str, person: Person) -> Change:
        """Make live again what was so before a change. Raises a Refusal."""
        change = await self.get(change_id)
        async with noting_refusals(self._services, f"change:{change.id}", person):
            if not set(change.areas.values()) & set(person.groups):
                raise MayNotReview(f"Only people of these groups take it back: {', '.join(_groups(change))}.")
            try:
                async with self._services.database.transaction() as session:
                    return await roll_back(session, change_id, person.email, datetime.now(UTC))
            except CannotRollBack as error:
                raise ReviewRefused(str(error)) from error

    async def _tell(self, change: Change, decision: Decision) -> tuple[str, ...]:
        try:
            return await self._reaches_review(change, decision)
        except WorkflowUpdateFailedError as refusal:
            raise ReviewRefused(sentence_of(refusal.cause)) from refusal
        except (WorkflowUpdateRPCTimeoutOrCancelledError, RPCError, RuntimeError) as error:
            raise ReviewUnavailable(
                "The review does not answer at the moment. Decide again in a minute."
            ) from error

    async def _reaches_review(self, change: Change, decision: Decision) -> tuple[str, ...]:
        review = cast(Any, self._services.temporal.get_workflow_handle(workflow_of(change.id)))
        token = self._services.signer.sign(decision)
        same = f"{change.id}\n{decision.approver}\n{decision.approved}"
        update_id = hashlib.sha256(same.encode()).hexdigest()[:40]
        try:
            return tuple(
                await review.execute_update(
                    ChangeReview.decide_change, token, id=update_id, rpc_timeout=_ANSWER_WITHIN
                )
            )
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
        raise await self._over(change)

    async def _over(self, change: Change) -> Refusal:
        """What is said to whoever decides when the review is over: it settled the change, or is lost."""
        await settle_lost_review(self._services, change)
        change = await self.get(change.id)
        if change.state == "lost":
            return ReviewGone(f"Nothing came of it: {change.reason}. Propose it again.")
        return MayNotReview(_settled(change))


def why_may_not_review(change: Change, person: Person) -> str:
    """Why this person may not decide this change, in plain words; empty when they may."""
    if change.state != "open":
        return _settled(change)
    if is_one_of(person.email, (change.author, change.owner)):
        return "You wrote or proposed it, and nobody approves what is their own. Ask a colleague."
    if not set(change.areas.values()) & set(person.groups):
        return f"Only people of these groups decide it: {', '.join(_groups(change))}."
    return ""


def _settled(change: Change) -> str:
    return f"It is {change.state.replace('_', ' ')} already."


def _groups(change: Change) -> list[str]:
    return sorted(set(change.areas.values()))
