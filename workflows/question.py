"""What a run asks people: which decisions count, and what each of them does. No Temporal in it."""

from datetime import datetime
from typing import Any

from journeys.approvers import is_one_of
from workflows.approval import Refusal
from workflows.ports import Asked, ClosedApproval, Decision, QuestionNow
from workflows.state import OpenApproval, RunState


class EditRefused(Refusal):
    """An edit that would change more than it may. The reason may quote the message."""

    @property
    def told(self) -> str:
        return "an edit that does not count"


class Question:
    """The question that a run has open, if it has one."""

    def __init__(self, state: RunState) -> None:
        self._state = state
        self.edited_by = ""
        """Whose edit is being checked at this moment; nobody else decides until that is done."""

    def ask(self, asked: Asked) -> OpenApproval:
        """Open the question to a person; the same question stays as it was, with any answer it has."""
        approval = self._state.approval
        if approval is None or approval.approval_id != asked.approval_id:
            self._state.decision = None
            approval = OpenApproval(
                approval_id=asked.approval_id,
                content_hash=asked.content_hash,
                group=asked.group,
                people=asked.people,
                author=asked.author,
                content_author=asked.content_author,
                requester=asked.requester,
                turns=asked.turns,
                asked_at=asked.asked_at,
                deadline=asked.deadline,
                edits=asked.edits,
            )
            self._state.approval = approval
        return approval

    def judge(self, decision: Decision, now: datetime) -> None:
        """Whether a decision counts now. Raises Refusal with a reason for the approver."""
        if why_not := self._why_not(decision, now):
            raise Refusal(why_not, decision.approver)

    def take(self, decision: Decision, now: datetime) -> str:
        """Take a decision that counts. The first word of the answer is what became of the question."""
        approval, who = self._state.approval, decision.approver
        assert approval is not None, "a decision counts only while something is asked"
        if decision.to:
            others: dict[str, Any] = {"group": decision.to, "assignee": decision.assignee}
            others |= {"handed_at": (*approval.handed_at, decision.decided_at)}
            self._ask_others(approval.model_copy(update=others), now, who)
            return f"handed to {decision.assignee or decision.to} by {who}"
        if not decision.approved:
            self._state.decision = decision
            return f"rejected by {who}"
        agreed = (*approval.agreed, who)
        if len(agreed) < approval.people:
            self._ask_others(approval.model_copy(update={"agreed": agreed, "assignee": ""}), now, who)
            return f"agreed by {who}; {approval.people - len(agreed)} more must agree"
        self._state.decision = decision.model_copy(update={"approver": ", ".join(agreed)})
        return f"approved by {', '.join(agreed)}"

    def edit(self, approval_id: str, content_hash: str, edits: dict[str, str]) -> None:
        """The message asked about is another now. Whoever agreed, agreed to something else."""
        approval = self._state.approval
        if approval is not None and approval.approval_id == approval_id:
            changes = {"content_hash": content_hash, "edits": edits, "agreed": ()}
            self._state.approval = approval.model_copy(update=changes)

    def turn(self, now: datetime) -> None:
        """The next group is asked now, or whoever is asked is reminded, as nobody has decided."""
        approval = self._state.approval
        assert approval is not None, "a turn belongs to an open question"
        turn, *left = approval.turns
        others = {"group": turn.group, "assignee": ""} if turn.group else {}
        approval = approval.model_copy(update={"turns": tuple(left), **others})
        self._ask_others(approval, now, reminder=not turn.group)

    def _ask_others(self, approval: OpenApproval, now: datetime, by: str = "", *, reminder: bool = False) -> None:
        self._state.approval = approval
        self._state.questions.append(
            QuestionNow(
                approval_id=approval.approval_id,
                group=approval.group,
                assignee=approval.assignee,
                agreed=approval.agreed,
                by=by,
                reminder=reminder,
                at=now,
            )
        )

    def close(self, closed: ClosedApproval | None) -> None:
        """The question is settled: by a decision, or as `closed` says."""
        self._state.approval = None
        self._state.decision = None
        if closed:
            self._state.closed_approvals.append(closed)

    def _why_not(self, decision: Decision, now: datetime) -> str:
        approval = self._state.approval
        if approval is None or approval.approval_id != decision.approval_id:
            return "this approval is not open: it was decided, withdrawn or replaced by a newer one"
        if self.edited_by:
            return f"{self.edited_by} is editing it at this moment; look at it again in a minute"
        if self._state.decision is not None:
            return f"{self._state.decision.approver} has already decided this"
        if self._state.interrupt is not None:
            return f"the run is ending: {self._state.interrupt.reason}"
        if now >= approval.deadline:
            return "the time to decide has passed"
        if decision.content_hash != approval.content_hash:
            return "the content has changed since it was shown; look at it again"
        if approval.group not in decision.groups:
            return f"only the group '{approval.group}' decides this"
        who = decision.approver
        if not is_one_of(who, (approval.assignee or who,)) and not decision.to:
            return f"this was handed to {approval.assignee}; hand it on, or let them decide"
        if is_one_of(who, (approval.author, approval.content_author)):
            return "nobody approves what they wrote"
        if is_one_of(who, (approval.requester,)):
            return "nobody approves what they requested"
        if decision.to and decision.decided_at in approval.handed_at:
            return "this was handed over already"
        if is_one_of(who, approval.agreed) and decision.approved and not decision.to:
            return "you have agreed already; somebody else must, too"
        return ""
