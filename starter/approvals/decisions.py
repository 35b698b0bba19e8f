"""A person decides. Every door, HTTP, console, CLI and chat, comes through `Approvals.decide`.

The run has the last word: the decision goes to it as a signed token in an update, and its validator says at
once whether it counts. Only then is the approval settled in the store.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NoReturn, cast

from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from project.access import Person
from starter.approvals.grants import Similar, check_similar, grant_of
from starter.approvals.refusals import (
    AlreadyDecided,
    Changed,
    Closed,
    EditRefused,
    NotAllowed,
    NotFound,
    RefusedByRun,
    RunGone,
    TemporalUnavailable,
)
from starter.approvals.rights import recipient_of, why_may_not_decide, why_may_not_hand
from starter.approvals.saying import changed_words, checked_reason
from starter.identity.callers import noting_refusals
from starter.runs.lost import settle_lost
from starter.services import Services
from starter.temporal import sentence_of
from store.approvals import Settled, find_approval, mark_decided, open_approvals, put_to, settled_approvals
from store.grants import give_grant
from store.labels import edit_labels
from store.paging import Page
from store.runs import open_among
from store.tables import Approval, ApprovalState, EditLabel
from workflows.journey import CustomerJourney
from workflows.ports import Decision

_ANSWER_WITHIN = timedelta(seconds=5)
_TRY_AGAIN = {
    RPCStatusCode.ABORTED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.INTERNAL,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.UNKNOWN,
}
_WENT_ON = {
    "skip": "the run went on without this message",
    "stop": "the run ended",
    "send_without_offer": "the message left without its offer, unless something else forbade it",
}


@dataclass(frozen=True)
class Decided:
    """A decision that counts, `at` in UTC: `agreed` while more people must, `handed` when others decide."""

    approval_id: str
    state: ApprovalState | Literal["agreed", "handed"]
    by: str
    at: datetime


class Approvals:
    """Lists what waits for a person, and takes their decisions."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def open_for(self, person: Person, number: int = 1) -> Page[Approval]:
        """What waits for one of the person's groups, the nearest deadline first."""
        async with self._services.database.reading() as session:
            return await open_approvals(session, person.groups, number)

    async def list(self, state: ApprovalState, number: int = 1) -> Page[Approval]:
        """Every approval in a state, whoever decides it."""
        async with self._services.database.reading() as session:
            if state == "open":
                return await open_approvals(session, None, number)
            return await settled_approvals(session, state, number)

    async def labels(self, approval_id: str = "", number: int = 1) -> Page[EditLabel]:
        """What people edited before they agreed: of one approval, or of all."""
        async with self._services.database.reading() as session:
            return await edit_labels(session, approval_id, number)

    async def get(self, approval_id: str) -> Approval:
        """One approval. Raises NotFound."""
        async with self._services.database.reading() as session:
            approval = await find_approval(session, approval_id)
        if approval is None:
            raise NotFound("There is no such approval. Look in the list for what is open.")
        return approval

    async def decide(
        self,
        approval_id: str,
        person: Person,
        approve: bool,
        reason: str = "",
        similar: Similar | None = None,
        edits: Mapping[str, str] | None = None,
        *,
        seen: str,
    ) -> Decided:
        """Take a person's decision, with `similar` also for others like it. The same decision twice counts once.

        `seen` is the hash of what they were shown: what is another by now is not decided. With `edits`, by field
        of the approval's `texts`, what they approve is the message with these words. Raises a DecisionRefused.
        """
        approval, state = await self.get(approval_id), _state_of(approve)
        async with noting_refusals(self._services, f"approval:{approval.id}", person):
            if similar:
                check_similar(approval, similar)
            edits = changed_words(approval, person, edits) if edits is not None else {}
            if why_not := why_may_not_decide(approval, person):
                raise NotAllowed(why_not)
            if approval.state != "open":
                return _settled(approval, person, state)
            if seen != approval.content_hash:
                raise Changed("It has changed since you looked. Look at it again, and then decide.")
            reason, now = checked_reason(reason, approve), datetime.now(UTC)
            decision = _decision(approval, person, now, approved=approve, reason=reason, edits=edits)
            answer = await self._reaches_run(approval, decision, _update_id(approval, person, state, edits))
            if not answer:
                return await self._without_run(approval, person, state)
        # Whoever agreed before an edit agreed to something else.
        before = [] if edits else approval.agreed
        async with self._services.database.transaction() as session:
            if answer.startswith("agreed "):
                agreed = [*before, person.email]
                await put_to(
                    session, approval.id, group=approval.group, assignee="", agreed=agreed, by=person.email, at=now
                )
                return Decided(approval_id=approval.id, state="agreed", by=person.email, at=now)
            by = ", ".join([*before, person.email]) if approve else person.email
            await mark_decided(session, approval.id, state=state, by=by, reason=reason, at=now)
            if similar and approve:
                await give_grant(session, grant_of(approval, person, similar, now))
        return Decided(approval_id=approval.id, state=state, by=person.email, at=now)

    async def hand(self, approval_id: str, person: Person, to: str, reason: str = "") -> Decided:
        """Let others decide: a group, or one person of the group by their address. Raises a DecisionRefused."""
        approval, now = await self.get(approval_id), datetime.now(UTC)
        async with noting_refusals(self._services, f"approval:{approval.id}", person):
            if why_not := why_may_not_hand(approval, person):
                raise NotAllowed(why_not)
            if approval.state != "open":
                return _settled(approval, person, None)
            group, assignee = recipient_of(self._services.project, approval, to.strip())
            reason = checked_reason(reason, approve=True)
            decision = _decision(approval, person, now, approved=False, reason=reason, to=group, assignee=assignee)
            # Handed there and back again it is another time, so its update has an id of its own.
            if not await self._reaches_run(approval, decision, secrets.token_hex(20)):
                return await self._without_run(approval, person, None)
        async with self._services.database.transaction() as session:
            await put_to(
                session,
                approval.id,
                group=group,
                assignee=assignee,
                agreed=approval.agreed,
                by=person.email,
                at=now,
            )
        return Decided(approval_id=approval.id, state="handed", by=person.email, at=now)

    async def _reaches_run(self, approval: Approval, decision: Decision, update_id: str) -> str:
        """Give the decision to the run, and get its answer; empty when the run is over.

        Raises RefusedByRun, TemporalUnavailable.
        """
        token = self._services.signer.sign(decision)
        handle = self._services.temporal.get_workflow_handle(
            approval.workflow_id, first_execution_run_id=approval.first_run_id
        )
        run = cast(Any, handle)  # the SDK's overloads of execute_update are partly untyped
        try:
            answer: str = await run.execute_update(
                CustomerJourney.decide_approval, token, id=update_id, rpc_timeout=_ANSWER_WITHIN
            )
        except WorkflowUpdateFailedError as refusal:
            edited = isinstance(refusal.cause, ApplicationError) and refusal.cause.type == "EditRefused"
            raise (EditRefused if edited else RefusedByRun)(sentence_of(refusal.cause)) from refusal
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            _try_again(error)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return ""
            if error.status in _TRY_AGAIN:
                _try_again(error)
            raise
        except RuntimeError as error:  # what a client raises that connects on first use, and cannot
            _try_again(error)
        return answer

    async def _without_run(self, approval: Approval, person: Person, state: Settled | None) -> Decided:
        """The run is over. It settled the approval on its way, or died and left it open: then it is withdrawn."""
        await self._settle_run(approval)
        now = datetime.now(UTC)
        async with self._services.database.transaction() as session:
            was_open = await mark_decided(
                session, approval.id, state="withdrawn", reason="the run is gone", at=now
            )
        if was_open:
            raise RunGone("The run that asked this is over, so nothing is left to decide. It is off the list now.")
        return _settled(await self.get(approval.id), person, state)

    async def _settle_run(self, approval: Approval) -> None:
        """Notice that Temporal ended the run, or deleted it: its lists say nothing of that. Raises
        TemporalUnavailable."""
        async with self._services.database.reading() as session:
            runs = await open_among(session, [approval.workflow_id])
        try:
            for run in runs:
                if run.first_run_id == approval.first_run_id:
                    await settle_lost(self._services, run)
        except RPCError as error:
            _try_again(error)


def _decision(
    approval: Approval,
    person: Person,
    now: datetime,
    *,
    approved: bool,
    edits: Mapping[str, str] | None = None,
    **more: str,
) -> Decision:
    return Decision(
        approval_id=approval.id,
        content_hash=approval.content_hash,
        approved=approved,
        approver=person.email,
        groups=person.groups,
        decided_at=now,
        edits=dict(edits or {}),
        **more,
    )


def _settled(approval: Approval, person: Person, wanted: Settled | None) -> Decided:
    """The answer for an approval that is no longer open: fine if this is the same decision again."""
    if approval.state in ("approved", "rejected"):
        decided_by = approval.decided_by.split(", ")
        if wanted and person.email in decided_by and approval.state == wanted and approval.decided_at:
            return Decided(approval.id, wanted, person.email, approval.decided_at)
        who = "You have" if approval.decided_by == person.email else f"{approval.decided_by} has"
        raise AlreadyDecided(f"{who} already {approval.state} this. Nothing more is needed.")
    if approval.state == "expired":
        raise Closed(f"The time to decide has passed; {_WENT_ON[approval.otherwise]}.")
    raise Closed(f"This was withdrawn: {approval.decision_reason or 'the run no longer asks'}.")


def _state_of(approve: bool) -> Settled:
    return "approved" if approve else "rejected"


def _update_id(approval: Approval, person: Person, state: Settled, edits: Mapping[str, str]) -> str:
    """One update for the same decision of the same person about the same content, however often it is sent: who
    agreed before an edit can agree once more. It shows in the clear in Temporal, so it names nobody."""
    words = json.dumps([approval.content_hash, edits], sort_keys=True)
    return hashlib.sha256(f"{approval.id}\n{person.email}\n{state}\n{words}".encode()).hexdigest()[:40]


def _try_again(error: Exception) -> NoReturn:
    raise TemporalUnavailable(
        "The run does not answer at the moment. Decide again in a minute: twice the same counts once."
    ) from error
