"""What leaves is byte for byte what enough people agreed to who were shown just that, once, and nothing that they
agreed to is kept back: whatever is forged, replayed, self-made, late, edited or changed meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from tests.approving import as_shown
from tests.faults.sending import NOON, OFFER, PUSH, Shopper, key_of
from tests.machines.asking import SIGNER, AskingRun
from tests.machines.town import Town, TownMachine
from workflows.approval import DecisionSigner
from workflows.ports import (
    ApprovalTerms,
    Asked,
    Decision,
    DeliverRequest,
    Denied,
    Edited,
    EditRequest,
    Grant,
    Sent,
)

MARIA, ROSA, ADA, LARS = (f"{name}@northwind.example" for name in ("maria", "rosa", "ada", "lars"))
OMAR = "omar@northwind.example"
EXCLUDED = (MARIA, ROSA)
"""Who wrote the journey, and who requested what it is for."""
GROUPS = {
    MARIA: ("marketing",),
    ROSA: ("marketing",),
    ADA: ("marketing",),
    LARS: ("marketing",),
    OMAR: ("support",),
}
TERMS = ApprovalTerms(author=MARIA, requester=ROSA, within=timedelta(hours=24), otherwise="skip")
PAIR = TERMS.model_copy(update={"group": "marketing", "people": 2})
KINDS: dict[str, dict[str, Any]] = {"offer": OFFER | {"approval": TERMS}, "pair": PUSH | {"approval": PAIR}}
"""An offer about which the policies ask one person, and what the journey wants two to agree to."""
POLICIES = "consent: {{}}\ndiscount_cap: {{most: {most}%, approval_above: 5%, group: marketing}}\n"
FORGER = DecisionSigner("the secret of another installation, long enough")
FRESH = timedelta(hours=18)
"""For so long an offer of a day may leave as it was shown: a quarter of its life has to be left."""


class ApprovalMachine(TownMachine):
    """Invariant 5. A bystander sees what people are shown and what they say, and what arrives."""

    meanwhile = st.sampled_from(("", "", "", "policies change", "it gets late", "it waits"))
    which, approves = st.integers(0, 2), st.sampled_from((True, True, True, True, True, False))
    person = st.sampled_from((ADA, LARS, ADA, LARS, ADA, LARS, MARIA, ROSA, OMAR))

    def __init__(self, town: Town) -> None:
        super().__init__(town)
        self.journey = f"win-back-{self.number}"
        self.runs: list[AskingRun] = []
        self.tokens: list[tuple[str, Decision, bool]] = []
        """Every token that there ever was, with what it says and whether it is forged."""
        self.most = 15
        """Per cent, by the policies."""
        self.before = len(town.mailbox)
        self.agreed: dict[str, Any] = {}
        """By delivery, what people agreed to and the run then let leave."""

    @initialize()
    def lena_comes(self) -> None:
        self.now = NOON
        self.lena: Shopper = self.town.do(self.town.sending.shopper(f"lena-{self.number}"))
        self.town.do(self.town.publish_policies(POLICIES.format(most=self.most), self.now))
        for kind in KINDS:
            self.a_run_asks(kind)

    @rule(kind=st.sampled_from(tuple(KINDS)))
    def a_run_asks(self, kind: str) -> None:
        run = AskingRun(self._request(kind))
        self.runs.append(run)
        self._go_on(run)

    @rule(which=which, people=st.lists(person, min_size=1, max_size=3), approve=approves, then=meanwhile)
    def people_decide(self, which: int, people: list[str], approve: bool, then: str) -> None:
        """One after the other, and then it is done: at once, or after something else happened."""
        run = self._run(which)
        for person in people:
            self._say(run, self._decision(run, person, approved=approve))
        if then == "policies change":
            self.other_policies_go_live(12 if self.most != 12 else 15)
        if then == "it gets late":
            self.hours_pass(20)
        if then != "it waits":
            self._go_on(run)

    @rule(which=which, other=which, how=st.sampled_from(("of other words", "of another question", "forged")))
    def a_decision_is_made_up(self, which: int, other: int, how: str) -> None:
        run, shown = self._run(which), self._run(other).exhibit
        decision = self._decision(run, ADA, approved=True)
        if how == "of other words":
            decision = decision.model_copy(update={"content_hash": "0" * 64})
        if how == "of another question" and shown is not None:
            decision = decision.model_copy(update={"approval_id": shown.approval_id})
        self._say(run, decision, forged=how == "forged")

    @precondition(lambda self: self.tokens)
    @rule(back=st.integers(0, 9), which=which)
    def a_token_is_replayed(self, back: int, which: int) -> None:
        """One of the last, to the run that it was for or to another."""
        self._hand_over(self._run(which), *self.tokens[-1 - back % len(self.tokens)])

    @rule(which=which, person=st.sampled_from((ADA, LARS)), word=st.sampled_from(("once more", "again", "today")))
    def someone_edits_it(self, which: int, person: str, word: str) -> None:
        run, approves = self._run(which), self._decision(self._run(which), person, approved=True)
        if run.counts(approves, False, self.now, EXCLUDED) and not run.is_offer:
            self.town.do(self._edit(run, person, word))
            self._say(run, self._decision(run, person, approved=True))

    @rule(which=which)
    def a_run_goes_on(self, which: int) -> None:
        self._go_on(self._run(which))

    @rule(which=which, other=which, how=st.sampled_from(("of other words", "of another run")))
    def a_run_goes_on_under_a_grant_that_is_made_up(self, which: int, other: int, how: str) -> None:
        """Whatever a run believes: what was approved, and about what, is in the store."""
        run, theirs = self._run(which), self._run(other)
        shown = theirs.exhibit
        if run.over or shown is None or (theirs is run) is (how == "of another run"):
            return
        content_hash = shown.content_hash if how == "of another run" else "0" * 64
        grant = Grant(
            approval_id=shown.approval_id, content_hash=content_hash, asked_at=self.now, by=ADA, at=self.now
        )
        before = len(self.town.mailbox)
        result = self.town.do(self.town.attempt(run.request.model_copy(update={"grant": grant, "now": self.now})))
        assert isinstance(result, Asked | Denied), result
        assert len(self.town.mailbox) == before
        if isinstance(result, Asked):
            self._is_asked(run, result)

    @rule(most=st.sampled_from((15, 15, 12, 12, 12, 8)))
    def other_policies_go_live(self, most: int) -> None:
        self.most = most
        self.town.do(self.town.publish_policies(POLICIES.format(most=most), self.now))

    @rule(hours=st.sampled_from((1, 1, 5, 20)))
    def hours_pass(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def what_arrived_is_what_was_agreed_to(self) -> None:
        messages = self.town.mailbox[self.before :]
        arrived = {
            each.delivery_id: as_shown(each) if "request" in each.content else {"message": each.content}
            for each in messages
        }
        assert len(arrived) == len(messages)
        assert arrived == self.agreed

    def _run(self, which: int) -> AskingRun:
        """One of those that are not over, the last first."""
        if all(run.over for run in self.runs):
            self.a_run_asks("pair" if which else "offer")
        going = [run for run in self.runs if not run.over] or self.runs
        return going[-1 - which % len(going)]

    def _request(self, kind: str) -> DeliverRequest:
        seq = self.town.do(self.town.latest())
        return self.town.request(self.lena, self.journey, seq, self.now, **KINDS[kind])

    def _decision(self, run: AskingRun, person: str, *, approved: bool) -> Decision:
        """About what the person is shown now."""
        shown = run.exhibit
        return Decision(
            approval_id=shown.approval_id if shown else "a_none",
            content_hash=shown.content_hash if shown else "",
            approved=approved,
            approver=person,
            groups=GROUPS[person],
            decided_at=self.now,
        )

    def _say(self, run: AskingRun, decision: Decision, *, forged: bool = False) -> None:
        token = (FORGER if forged else SIGNER).sign(decision)
        self.tokens.append((token, decision, forged))
        self._hand_over(run, *self.tokens[-1])

    def _hand_over(self, run: AskingRun, token: str, decision: Decision, forged: bool) -> None:
        if run.over:
            return
        counts = run.counts(decision, forged, self.now, EXCLUDED)
        assert bool(run.take(token, self.now)) is counts
        if counts:
            run.note(decision)

    def _go_on(self, run: AskingRun) -> None:
        """What the workflow does when a question is settled, or when it tries the step again."""
        grant, shown = run.grant(self.now), run.exhibit
        if run.over or (shown is not None and shown.is_lost(self.now)):
            run.over = True
            return
        request = run.request.model_copy(update={"grant": grant, "now": self.now})
        result = self.town.do(self.town.attempt(request))
        if grant is not None:
            run.question.close(None)
        if run.is_offer and self.most < 10:
            assert isinstance(result, Denied), result
        elif shown is not None and shown.agreement_counts and self._is_as_it_was(run):
            assert isinstance(result, Sent), result
            self.agreed[key_of(run.request)] = shown.message
        else:
            assert isinstance(result, Asked), result
            self._is_asked(run, result, anew=grant is not None)
        run.over = not isinstance(result, Asked)

    def _is_as_it_was(self, run: AskingRun) -> bool:
        asked_at, most = run.asked_when
        return most == self.most and (not run.is_offer or self.now - asked_at <= FRESH)

    def _is_asked(self, run: AskingRun, asked: Asked, *, anew: bool = False) -> None:
        if anew or run.exhibit is None or run.exhibit.approval_id != asked.approval_id:
            run.shows(asked, self._shown(asked.approval_id), self.most)

    def _shown(self, approval_id: str) -> dict[str, Any]:
        return self.town.do(self.town.approval(approval_id)).message["body"]

    async def _edit(self, run: AskingRun, person: str, word: str) -> None:
        """As `workflows.steps.editing` has it."""
        asked = run.state.approval
        assert asked is not None
        shown = Grant(
            approval_id=asked.approval_id, content_hash=asked.content_hash, asked_at=asked.asked_at, by=person,
            at=self.now, edits=asked.edits,
        )  # fmt: skip
        send = run.request.model_copy(update={"grant": shown, "now": self.now})
        edits = {"title": f"Lumen 2 tent, {word}"}
        edited = await self.town.sending.edit_message(EditRequest(send=send, edits=edits, by=person))
        if isinstance(edited, Edited):
            run.question.edit(asked.approval_id, edited.content_hash, edits)
            row = await self.town.approval(asked.approval_id)
            run.is_edited(edited.content_hash, row.message["body"])


@pytest.mark.hypothesis
def test_what_leaves_is_what_was_agreed_to_and_no_bad_decision_counts(town: Town) -> None:
    town.play(ApprovalMachine, examples=10, steps=30)
