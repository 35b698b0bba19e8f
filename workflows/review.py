"""`ChangeReview`: a change waits until each group that it concerns has agreed, or one of them has not."""

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from journeys.approvers import is_one_of
from workflows import ports
from workflows.approval import Refusal, verify_decision
from workflows.ports import Decision, ReviewOutcome, ReviewRequest

_SETTLE_WITHIN = timedelta(seconds=30)
_TELL_WITHIN = timedelta(minutes=2)
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn
class ChangeReview:
    """Reviews one change. Nobody agrees to what they wrote; one person of several groups agrees for each."""

    @workflow.init
    def __init__(self, given: ReviewRequest) -> None:
        self._given = given
        self._missing = set(given.groups)
        self._agreed: list[str] = []
        self._rejection: Decision | None = None
        self._over = False

    @workflow.run
    async def run(self, given: ReviewRequest) -> ReviewOutcome:
        """Tell who must decide, wait for them, and see to it that the store says how it ended."""
        # Nobody waits until the groups are told: a decision counts meanwhile, too.
        workflow.start_activity(
            ports.tell_of_review,
            given,
            start_to_close_timeout=_TELL_WITHIN,
            retry_policy=_RETRY,
            summary=", ".join(given.groups),
        )
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: not self._missing or self._rejection is not None,
                timeout=given.life,
                timeout_summary="the proposal stands",
            )
        self._over = True
        outcome = self._outcome()
        await workflow.execute_activity(
            ports.settle_change,
            outcome,
            start_to_close_timeout=_SETTLE_WITHIN,
            retry_policy=_RETRY,
            summary=outcome.state,
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return outcome

    @workflow.update(description="Approve or reject the change, with a signed decision.")
    def decide_change(self, token: str) -> tuple[str, ...]:
        """Take a decision; gives the groups that must still agree."""
        decision = self._judge(token)
        if decision.approved:
            self._missing -= set(decision.groups)
            self._agreed.append(decision.approver)
        else:
            self._rejection = decision
        return tuple(sorted(self._missing)) if decision.approved else ()

    @decide_change.validator
    def check_decision(self, token: str) -> None:
        """Refuse at once what does not count, with a reason for the person."""
        try:
            self._judge(token)
        except Refusal as refusal:
            raise refusal.answer() from None

    def _judge(self, token: str) -> Decision:
        """The decision in a token. Raises Refusal when it does not count."""
        decision = verify_decision(token, self._given.decision_key)
        if why_not := self._why_not(decision):
            raise Refusal(why_not, decision.approver)
        return decision

    def _why_not(self, decision: Decision) -> str:
        given = self._given
        if self._over or not self._missing or self._rejection is not None:
            return "the review is over"
        if (decision.approval_id, decision.content_hash) != (given.change_id, given.content_hash):
            return "the decision is about something else"
        if is_one_of(decision.approver, given.authors):
            return "nobody decides what they wrote or proposed"
        if self._missing.isdisjoint(decision.groups):
            return f"only these groups must still decide: {', '.join(sorted(self._missing))}"
        return ""

    def _outcome(self) -> ReviewOutcome:
        change_id, at = self._given.change_id, workflow.now()
        if (rejected := self._rejection) is not None:
            by = (rejected.approver,)
            return ReviewOutcome(change_id=change_id, state="rejected", by=by, reason=rejected.reason, at=at)
        state = "expired" if self._missing else "approved"
        reason = f"without an answer from {', '.join(sorted(self._missing))}" if self._missing else ""
        return ReviewOutcome(change_id=change_id, state=state, by=tuple(self._agreed), reason=reason, at=at)
