"""A run as far as it asks people, without Temporal: what the workflow does with a token and with what the guard
says, by the same parts. And what a bystander knows of it: what people were shown, and who agreed to what."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from workflows.approval import DecisionSigner, InvalidToken, verify_decision
from workflows.ports import Asked, Decision, DeliverRequest, Grant
from workflows.question import Question, Refusal
from workflows.state import RunState

SIGNER = DecisionSigner("a secret of this installation, long enough")


@dataclass(frozen=True)
class Exhibit:
    """What people were shown: it alone may leave, when enough of them agree to it."""

    approval_id: str
    content_hash: str
    message: dict[str, Any]
    people: int
    """How many must agree."""
    deadline: datetime
    agreed: tuple[str, ...] = ()
    rejected: bool = False

    @property
    def agreement_counts(self) -> bool:
        return len(self.agreed) >= self.people

    @property
    def is_decided(self) -> bool:
        return self.rejected or self.agreement_counts

    def is_lost(self, now: datetime) -> bool:
        """Whether nobody can agree to it any more."""
        return self.rejected or (not self.agreement_counts and now >= self.deadline)


@dataclass
class AskingRun:
    """A run at the one step that it has."""

    request: DeliverRequest
    question: Question = field(init=False)
    state: RunState = field(init=False)
    exhibit: Exhibit | None = None
    """What is shown to people now, by what a bystander saw."""
    asked_when: tuple[datetime, int] = (datetime.max.replace(tzinfo=UTC), 0)
    """When people were asked, and the most that policies allowed then, in per cent."""
    over: bool = False

    @property
    def is_offer(self) -> bool:
        return self.request.offer is not None

    def __post_init__(self) -> None:
        now = self.request.now
        self.state = RunState(started_at=now, at=self.request.step_id, step_started_at=now)
        self.question = Question(self.state)

    def take(self, token: str, now: datetime) -> str:
        """What the run says to a token; empty when it refuses it."""
        try:
            decision = verify_decision(token, SIGNER.public_key)
            self.question.judge(decision, now)
        except (InvalidToken, Refusal):
            return ""
        return self.question.take(decision, now)

    def grant(self, now: datetime) -> Grant | None:
        """What the run goes on under: as `workflows.steps.asking` has it."""
        decision, asked = self.state.decision, self.state.approval
        if decision is None or asked is None or not decision.approved:
            return None
        return Grant(
            approval_id=asked.approval_id,
            content_hash=asked.content_hash,
            asked_at=asked.asked_at,
            by=decision.approver,
            at=now,
            edits=asked.edits,
        )

    def shows(self, asked: Asked, message: dict[str, Any], most: int) -> None:
        """People are asked, perhaps anew, while policies allow as much as `most`, in per cent."""
        self.question.ask(asked)
        self.exhibit = Exhibit(asked.approval_id, asked.content_hash, message, asked.people, asked.deadline)
        self.asked_when = asked.asked_at, most

    def is_edited(self, content_hash: str, message: dict[str, Any]) -> None:
        """People are shown something else now; whoever agreed, agreed to what they saw."""
        assert self.exhibit is not None
        self.exhibit = replace(self.exhibit, content_hash=content_hash, message=message, agreed=())

    def counts(self, decision: Decision, forged: bool, now: datetime, excluded: tuple[str, ...]) -> bool:
        """Whether a decision has to count, by what a bystander knows; `excluded` wrote or requested it."""
        shown = self.exhibit
        return (
            not forged
            and not self.over
            and shown is not None
            and (decision.approval_id, decision.content_hash) == (shown.approval_id, shown.content_hash)
            and not shown.is_decided
            and now < shown.deadline
            and "marketing" in decision.groups
            and decision.approver not in excluded
            and not (decision.approved and decision.approver in shown.agreed)
        )

    def note(self, decision: Decision) -> None:
        """A decision counted."""
        assert self.exhibit is not None
        agreed = (*self.exhibit.agreed, decision.approver) if decision.approved else self.exhibit.agreed
        self.exhibit = replace(self.exhibit, agreed=agreed, rejected=not decision.approved)
